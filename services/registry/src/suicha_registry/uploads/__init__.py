"""Uploads: files that people send to be imported, or to stand in the record."""
