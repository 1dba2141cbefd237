"""Adjusting a published plan: asked with a reason, approved by another person, public as a new version (P5)."""
