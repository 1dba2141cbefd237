"""Inspection objects (检查对象名录库), their labels and credit grades."""
