"""Earlier inspections from before the platform: files of them, checked first and then taken in (D10–D12)."""
