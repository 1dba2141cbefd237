"""Disclosure (公示): tells the public. Deadlines, redaction, deliveries, corrections, statistics."""
