"""The rules' rows collected into one sparse program."""
