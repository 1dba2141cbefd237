"""Coverage of the list in a year (清单年度全覆盖, S4 附件; S2 Art. 5; R4)."""
