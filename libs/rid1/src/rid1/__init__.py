"""RID/1: a publicly verifiable random inspection draw."""
