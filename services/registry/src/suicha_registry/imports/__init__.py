"""Imports: a file becomes rows all at once or not at all, with a report of every refused row."""
