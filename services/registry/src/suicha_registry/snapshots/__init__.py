"""Frozen states of the registers for a draw (RID/1 §2)."""
