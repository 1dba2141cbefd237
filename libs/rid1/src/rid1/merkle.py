"""RFC 9162 Merkle trees: roots in O(log n) memory, inclusion and consistency proofs, made and checked.

Every hash a proof needs is the root of a range of leaves, so a proof is a list of ranges filled in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rid1.suites import Suite

Range = tuple[int, int]


def leaf_hash(suite: Suite, data: bytes) -> bytes:
    """H(0x00 ‖ data), RFC 9162 §2.1.1."""
    return suite.new(b"\0" + data).digest()


def node_hash(suite: Suite, left: bytes, right: bytes) -> bytes:
    """H(0x01 ‖ left ‖ right), RFC 9162 §2.1.1."""
    return suite.new(b"\1" + left + right).digest()


class Accumulator:
    """Takes leaf hashes in order and holds only the roots of the perfect subtrees so far."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._stack: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, subtree: bytes, height: int = 0) -> None:
        """Appends the root of a perfect subtree of 2**height leaves; `size` must be a multiple of 2**height."""
        if self.size % (1 << height):
            raise ValueError(f"a subtree of height {height} cannot stand at leaf {self.size}")
        self.size += 1 << height
        while self._stack and self._stack[-1][0] == height:
            subtree = node_hash(self._suite, self._stack.pop()[1], subtree)
            height += 1
        self._stack.append((height, subtree))

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far; H("") for none."""
        if not self._stack:
            return self._suite.digest(b"")
        root = self._stack[-1][1]
        for _, left in reversed(self._stack[:-1]):
            root = node_hash(self._suite, left, root)
        return root


def perfect_root(suite: Suite, leaves: Sequence[bytes]) -> bytes:
    """Root over 2**h leaf hashes, level by level: the fast way for large blocks."""
    new = suite.new
    level = list(leaves)
    while len(level) > 1:
        nodes = iter(level)
        level = [new(b"\1" + left + right).digest() for left, right in zip(nodes, nodes, strict=True)]
    return level[0]


def root_of(suite: Suite, leaves: Iterable[bytes]) -> bytes:
    """Merkle tree hash over leaf hashes."""
    tree = Accumulator(suite)
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def _split(n: int) -> int:
    return 1 << (n - 1).bit_length() - 1


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The leaf ranges whose roots are the inclusion path of leaf `index` in a tree of `size` (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    ranges: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """The leaf ranges whose roots prove that a tree of `old` leaves is a prefix of one of `size` (§2.1.4.1)."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {old} cannot be a prefix of one of {size}")
    if old in (0, size):
        return []
    ranges: list[Range] = []
    start, end, whole = 0, size, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def range_roots(suite: Suite, leaves: Iterable[bytes], ranges: Sequence[Range]) -> list[bytes]:
    """Roots of disjoint leaf ranges, in the order given, from one pass over all leaf hashes."""
    order = sorted(range(len(ranges)), key=lambda at: ranges[at])
    roots = [b""] * len(ranges)
    stream = enumerate(leaves)
    for at in order:
        start, end = ranges[at]
        tree = Accumulator(suite)
        for index, leaf in stream:
            if index >= start:
                tree.add(leaf)
            if index + 1 == end:
                break
        if tree.size != end - start:
            raise ValueError(f"the leaves end before {end}")
        roots[at] = tree.root()
    return roots


def inclusion_proof(suite: Suite, leaves: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """The inclusion path of leaf `index`, from the leaf up."""
    return range_roots(suite, leaves, inclusion_ranges(index, size))


def consistency_proof(suite: Suite, leaves: Iterable[bytes], old: int, size: int) -> list[bytes]:
    """The consistency proof from a tree of `old` leaves to one of `size`."""
    return range_roots(suite, leaves, consistency_ranges(old, size))


def inclusion_holds(
    suite: Suite, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether `path` proves leaf hash `leaf` at `index` under `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(suite, sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(suite, node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


def consistency_holds(
    suite: Suite, old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the tree of `old` leaves is a prefix of the tree of `size` (RFC 9162 §2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof and old_root == suite.digest(b"")
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(suite, node, first), node_hash(suite, node, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(suite, second, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == old_root and second == root


class Tree:
    """All levels of a tree in memory, for many proofs from one log of moderate size."""

    def __init__(self, suite: Suite, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        self._suite = suite
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            paired = len(below) // 2 * 2
            level = [node_hash(suite, below[at], below[at + 1]) for at in range(0, paired, 2)]
            self._levels.append(level + below[paired:])  # a last node without sibling moves up as it is

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def root(self) -> bytes:
        """The Merkle tree hash."""
        return self._levels[-1][0] if self._levels[0] else self._suite.digest(b"")

    def path(self, index: int) -> list[bytes]:
        """The inclusion path of leaf `index`, from the leaf up."""
        if not 0 <= index < self.size:
            raise ValueError(f"leaf {index} is not in a tree of {self.size}")
        path: list[bytes] = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                path.append(level[index ^ 1])
            index >>= 1
        return path
