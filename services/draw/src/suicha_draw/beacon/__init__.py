"""The public beacon (RID/1 §5): which network is pinned, checking a signature twice over, fetching one."""
