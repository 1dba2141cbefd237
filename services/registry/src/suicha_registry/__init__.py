"""Whom and what may be inspected."""
