"""Inspectors (执法检查人员名录库, S2 Art. 6) and whom they must not inspect."""
