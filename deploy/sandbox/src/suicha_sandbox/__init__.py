"""A simulated credit platform to push to."""
