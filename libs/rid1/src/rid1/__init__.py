"""RID/1: a publicly verifiable random inspection draw. Standard library only; see README.md for the whole."""
