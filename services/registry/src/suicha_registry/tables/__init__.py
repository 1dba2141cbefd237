"""Registers as tables on paper: which columns there are, how they are read from files and written to them."""
