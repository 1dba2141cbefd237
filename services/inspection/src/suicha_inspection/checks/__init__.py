"""Checks: what the crew of one department enters at a visit."""
