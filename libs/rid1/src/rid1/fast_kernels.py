"""What RID/1 hashes in bulk: tickets (§6), Merkle leaves and nodes (RFC 9162 §2.1.1), sixteen at once.

Compiled by numba. Texts are bytes, other buffers array.array: `I` 32-bit words, `Q` 64-bit words; `w` and `state` are
the lane buffers of `fast_sha256`, hashes are 8 words each. Nothing here is trusted: `rid1.fast` checks it with hashlib
on every run.
"""

from __future__ import annotations

from typing import Any

from numba import int64, uint32, uint64

from rid1.fast_sha256 import LANES, START, compress, inlined, kernel


def _fill_lane(
    w: Any, lane: int, text: bytes, start: int, stop: int, lead: int, before: int, block: int
) -> None:
    """Block number `block` of the message lead ‖ text[start:stop] that follows `before` hashed bytes, padded."""
    total = stop - start + 1
    for j in range(16):
        at = 64 * block + 4 * j
        word = uint32(0)
        if at > 0 and at + 4 <= total:
            p = start + at - 1
            word = uint32(text[p] << 24 | text[p + 1] << 16 | text[p + 2] << 8 | text[p + 3])
        elif at <= total:
            for i in range(at, at + 4):
                byte = uint32(0)
                if i == 0:
                    byte = uint32(lead)
                elif i < total:
                    byte = uint32(text[start + i - 1])
                elif i == total:
                    byte = uint32(0x80)
                word = uint32(word << uint32(8) | byte)
        elif j == 15 and at >= total + 5:
            word = uint32((before + total) * 8)
        w[j * LANES + lane] = word


_fill = inlined(_fill_lane)


def _same_bytes(text: bytes, start: int, stop: int, other: bytes, first: int, last: int) -> bool:
    if stop - start != last - first:
        return False
    for i in range(stop - start):  # noqa: SIM110 - numba compiles no generator
        if text[start + i] != other[first + i]:
            return False
    return True


_same = inlined(_same_bytes)


def _mark_all(text: bytes, marks: Any) -> int:
    """Offsets of every TAB and LF into `marks`: no branch, so that it runs at the speed of memory."""
    found = 0
    for at in range(len(text)):
        marks[found] = at
        found += text[at] < 11
    return found


_mark = inlined(_mark_all)


def _tickets(
    text: bytes, key: Any, names: bytes, spans: Any, limits: Any, prefixes: Any, starts: Any, picked: Any,
    marks: Any, w: Any, state: Any,
) -> tuple[int, int]:  # fmt: skip
    """Tickets of the pool lines of a text: (lines, picked lines); a negative first number -1 - i says that line i is
    malformed or of an unknown stratum.

    `key` is the state after K_target. Group g of objects has the list names[spans[4g]:spans[4g+1]] and the stratum
    names[spans[4g+2]:spans[4g+3]]; groups of one list stand together. Into `prefixes` go the first 64 bits of each
    ticket, into `starts` the offset of each line and the end, into `picked` the lines with prefix ≤ limits[group].
    `marks` has room for every byte of the text.
    """
    size, count, found, at = len(text), 0, 0, 0
    groups, first = len(limits), 0
    total, mark = _mark(text, marks), 0
    while at < size:
        lanes = 0
        base = count
        while lanes < LANES and at < size:
            starts[count] = at
            if mark + 4 > total:
                return -1 - count, found
            list_end, id_end, stratum_end = int64(marks[mark]), int64(marks[mark + 1]), int64(marks[mark + 2])
            id_start = list_end + 1
            if text[list_end] != 9 or text[id_end] != 9 or text[stratum_end] != 9 or id_end - id_start > 54:
                return -1 - count, found
            mark += 3
            while mark < total and text[marks[mark]] != 10:
                mark += 1
            if mark == total:
                return -1 - count, found
            if not _same(text, at, list_end, names, spans[4 * first], spans[4 * first + 1]):
                first = 0
                while first < groups and not _same(
                    text, at, list_end, names, spans[4 * first], spans[4 * first + 1]
                ):
                    first += 1
                if first == groups:
                    return -1 - count, found
            group = first
            while not _same(text, id_end + 1, stratum_end, names, spans[4 * group + 2], spans[4 * group + 3]):
                group += 1
                if group == groups or not _same(
                    text, at, list_end, names, spans[4 * group], spans[4 * group + 1]
                ):
                    return -1 - count, found
            _fill(w, lanes, text, id_start, id_end, 58, 64, 0)
            prefixes[count] = limits[group]
            at = int64(marks[mark]) + 1
            mark += 1
            lanes += 1
            count += 1
        for j in range(8):
            for lane in range(LANES):
                state[j * LANES + lane] = key[j]
        compress(state, w)
        for lane in range(lanes):
            prefix = uint64(state[lane]) << uint64(32) | uint64(state[LANES + lane])
            if prefix <= prefixes[base + lane]:
                picked[found] = base + lane
                found += 1
            prefixes[base + lane] = prefix
    starts[count] = size
    return count, found


tickets = kernel(_tickets)


def _leaves(text: bytes, hashes: Any, first: int, starts: Any, w: Any, state: Any) -> int:
    """Merkle leaves H(0x00 ‖ line) of the lines of a text, into `hashes` from leaf `first` on, 8 words each.

    Returns the number of lines; `starts` gets the offset of each and, last, that of the line that would follow.
    """
    size, count, at = len(text), 0, 0
    while at < size:
        lanes = 0
        blocks = 0
        base = count
        while lanes < LANES and at < size:
            starts[count] = at
            while at < size and text[at] != 10:
                at += 1
            at += 1
            blocks = max(blocks, (at - starts[count] + 72) // 64)
            lanes += 1
            count += 1
            starts[count] = at
        for j in range(8):
            for lane in range(LANES):
                state[j * LANES + lane] = START[j]
        for block in range(blocks):
            for lane in range(lanes):
                _fill(w, lane, text, starts[base + lane], starts[base + lane + 1] - 1, 0, 0, block)
            compress(state, w)
            for lane in range(lanes):
                line = base + lane
                if (starts[line + 1] - starts[line] + 72) // 64 == block + 1:
                    for j in range(8):
                        hashes[8 * (first + line) + j] = state[j * LANES + lane]
    return count


leaves = kernel(_leaves)


def _nodes(below: Any, first: int, above: Any, pairs: int, w: Any, state: Any) -> None:
    """Merkle nodes H(0x01 ‖ left ‖ right) of `pairs` pairs of hashes, from hash `first` of `below` on, into `above`."""
    for base in range(0, pairs, LANES):
        lanes = min(LANES, pairs - base)
        for lane in range(lanes):
            at = 8 * (first + 2 * (base + lane))
            carry = uint32(1)
            for j in range(16):
                w[j * LANES + lane] = uint32(carry << uint32(24) | uint32(below[at + j] >> uint32(8)))
                carry = below[at + j]
        for j in range(8):
            for lane in range(LANES):
                state[j * LANES + lane] = START[j]
        compress(state, w)
        for lane in range(lanes):
            last = below[8 * (first + 2 * (base + lane)) + 15]
            w[lane] = uint32(last << uint32(24) | uint32(0x800000))
        for j in range(1, 16):
            for lane in range(LANES):
                w[j * LANES + lane] = 520 if j == 15 else 0
        compress(state, w)
        for lane in range(lanes):
            for j in range(8):
                above[8 * (base + lane) + j] = state[j * LANES + lane]


nodes = kernel(_nodes)
