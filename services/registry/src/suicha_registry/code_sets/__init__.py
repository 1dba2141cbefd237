"""Sets of result codes: those that ship, and those published since (S0 附件2; features: versioned and mapped)."""
