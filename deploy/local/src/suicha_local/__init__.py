"""Runs the platform on one machine, without Docker or root."""
