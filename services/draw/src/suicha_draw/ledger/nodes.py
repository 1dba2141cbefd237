"""The inner hashes of the log's tree: which there are, which an entry completes, which a proof needs. Pure.

A node (level, index) is the root over the 2^level leaves from index·2^level on; level 0 is a leaf. Only perfect
subtrees are nodes, so a node never changes once its last leaf is there. Any tree hash of RFC 9162 is the root
over a range of leaves, and a range is put together from O(log n) nodes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rid1.merkle import Accumulator, Range, node_hash
from rid1.suites import S256

Node = tuple[int, int]
"""(level, index) of a perfect subtree."""


def left_siblings(index: int) -> list[Node]:
    """Return the nodes that, together with leaf `index`, complete new nodes; from the leaves up."""
    found: list[Node] = []
    while index & 1:
        found.append((len(found), index - 1))
        index >>= 1
    return found


def completed_by(index: int, leaf: bytes, known: Mapping[Node, bytes]) -> dict[Node, bytes]:
    """Return the inner nodes that leaf `index` completes; `known` holds its `left_siblings`."""
    made: dict[Node, bytes] = {}
    subtree = leaf
    for level, left in left_siblings(index):
        subtree = node_hash(S256, known[level, left], subtree)
        made[level + 1, left >> 1] = subtree
    return made


def nodes_of(span: Range) -> Iterator[Node]:
    """Name the nodes that make up a range of leaves, from left to right."""
    start, end = span
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


def all_nodes(spans: Iterable[Range]) -> set[Node]:
    """Return every node that the roots of some ranges are made of."""
    return {node for span in spans for node in nodes_of(span)}


def roots(spans: Sequence[Range], known: Mapping[Node, bytes]) -> list[bytes]:
    """Return the root over each range; `known` holds `all_nodes` of them."""
    return [_root(span, known) for span in spans]


def _root(span: Range, known: Mapping[Node, bytes]) -> bytes:
    tree = Accumulator(S256)
    for level, index in nodes_of(span):
        tree.add(known[level, index], level)
    return tree.root()
