"""Evidence: uploads, what they show, and the two findings that cannot be made without it."""
