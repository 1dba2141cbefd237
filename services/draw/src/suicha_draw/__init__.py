"""Decides by lot, in the open."""
