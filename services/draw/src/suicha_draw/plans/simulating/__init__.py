"""What a plan would do, computed before anybody approves it."""
