"""The published language of Suicha 随查.

What one part of the platform says to another: events, value types, rulesets, roles. This package imports
pydantic and nothing else, so a partner can install it alone. It never talks to a network or a database.
"""
