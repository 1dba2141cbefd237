"""The draw log (RID/1 §4): one RFC 9162 tree over the entries of all draws, with signed checkpoints."""
