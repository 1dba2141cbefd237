"""Rounds: the ceremony of RID/1 §5 and §8, and the work that carries it out."""
