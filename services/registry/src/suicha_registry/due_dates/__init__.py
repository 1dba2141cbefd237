"""What must be done by which day of the year, per ruleset (R19, P4, P6), and whether it is."""
