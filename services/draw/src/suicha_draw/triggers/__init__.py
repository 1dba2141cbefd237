"""What starts inspections that no yearly plan foresaw (S3; P13-P16): signals, thresholds, triggers, direct cases."""
