"""Files of every kind: how tables are laid out in them, read from them and written to them."""
