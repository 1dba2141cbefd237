"""Yearly targets as gauges: where a body stands, where its plan leads, and what is missing (P7-P10, R4)."""
