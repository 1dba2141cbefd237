"""Carries the inspection out and records it."""
