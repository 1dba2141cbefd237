"""Records: sealing, review, correction, and the form as it is printed."""
