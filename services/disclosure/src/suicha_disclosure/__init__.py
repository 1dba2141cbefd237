"""Tells the public."""
