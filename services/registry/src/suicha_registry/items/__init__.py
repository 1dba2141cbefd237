"""The list of matters (抽查事项清单, S2 Art. 5)."""
