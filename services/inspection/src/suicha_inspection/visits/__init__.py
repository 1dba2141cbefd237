"""Visits: the list on a phone, everything that one visit needs, its day and its start."""
