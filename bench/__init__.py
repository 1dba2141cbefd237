"""Measurements beside the rivals, printed by `make bench`. Nothing here decides whether a test passes."""
