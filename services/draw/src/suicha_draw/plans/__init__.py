"""Yearly plans and their tasks (P1-P5)."""
