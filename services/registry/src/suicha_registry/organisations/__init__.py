"""Inspecting bodies (检查机关) and their departments."""
