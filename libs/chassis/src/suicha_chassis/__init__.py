"""Mechanism shared by every service."""
