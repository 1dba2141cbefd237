"""Merged OpenAPI, docs page, demo sign-in."""
