"""Exports: each register as a table that can be imported again without a change."""
