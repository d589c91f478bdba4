"""The result of a solve, its file, its figures, and the checker."""
