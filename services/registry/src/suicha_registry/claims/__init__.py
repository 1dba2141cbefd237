"""Claiming (认领, S1 二（一）): a body takes over items of the published list of a body above."""
