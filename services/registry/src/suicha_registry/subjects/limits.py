"""How long the texts of an object may be: one table for the API and for imports. Pure."""

LONGEST = {
    "name": 300,
    "company_type": 300,
    "capital": 300,
    "scope": 20_000,
    "address": 1000,
    "legal_representative": 200,
    "scale": 20,
    "nature": 40,
    "structure": 60,
}
"""Characters, by field."""
