"""Signatures of officers, of the object's representative, and of a witness."""
