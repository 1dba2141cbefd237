"""registry: whom and what may be inspected. It freezes its registers for a draw and never draws itself."""
