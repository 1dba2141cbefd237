"""What RID/1 hashes in bulk: tickets (§6), Merkle leaves and nodes (RFC 9162 §2.1.1), sixteen at once.

Compiled by `fast_compile` to functions of C. Arguments are numbers and pointers: `text` and `names` to bytes, `limits`
and `prefixes` to 64-bit words, all others to 32-bit words; `w` and `state` are the lane buffers of `fast_sha256`,
hashes are 8 words each. Nothing here is trusted: `rid1.fast` checks it with hashlib on every run.
"""

from __future__ import annotations

from typing import Any

from numba import int64, uint32, uint64

from rid1.fast_code import CHUNK, LANES, ROOM
from rid1.fast_sha256 import START, compress, inlined


def _fill_lane(
    w: Any, lane: int, text: Any, start: int, stop: int, lead: int, before: int, block: int
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


def _same_bytes(text: Any, start: int, stop: int, other: Any, first: int, last: int) -> bool:
    if stop - start != last - first:
        return False
    for i in range(stop - start):  # noqa: SIM110 - numba compiles no generator
        if text[start + i] != other[first + i]:
            return False
    return True


_same = inlined(_same_bytes)


def _mark_all(text: Any, at: int, stop: int, marks: Any) -> int:
    """Offsets of every TAB and LF between two into `marks`: no branch, so that it runs at the speed of the cache."""
    found = 0
    while at < stop:
        marks[found] = at
        found += text[at] < 11
        at += 1
    return found


_mark = inlined(_mark_all)


def _begin_all(state: Any, words: Any, first: int) -> None:
    for j in range(8):
        for lane in range(LANES):
            state[j * LANES + lane] = words[first + j]


_begin = inlined(_begin_all)


def tickets(
    text: Any, end: int, told: Any, key: Any, names: Any, spans: Any, limits: Any, groups: int, picked: Any,
    digests: Any, sampled: Any, prefixes: Any, step: int, marks: Any, lines: Any, w: Any, state: Any,
) -> int:  # fmt: skip
    """Tickets of the whole pool lines text[told[0]:end], until `picked` is full: the number of picked lines; negative
    if the line at told[0] is malformed or of an unknown stratum. An LF stands before the first line.

    `key` holds K_target, one block of 16 words, and room for the 8 of the state after it. Group g of `groups` has the
    list names[spans[4g]:spans[4g+1]] and the stratum names[spans[4g+2]:spans[4g+3]]; groups of one list stand together.
    Picked are the lines whose ticket has its first 64 bits ≤ limits[group]: the offsets of the LF before and of the
    first byte behind go into `picked`, the tickets into `digests`. Line told[1] and every `step`-th after it is sampled
    as well: those offsets into `sampled`, the first 64 bits into `prefixes`. told becomes (offset of the next line,
    lines from there to the next sampled one, number of sampled lines). `marks` has room for CHUNK words, `lines` for
    three a lane, `picked` for two and `digests` for 8 of ROOM lines.
    """
    for j in range(16):
        w[j * LANES] = key[j]
    _begin(state, START, 0)
    compress(state, w)
    for j in range(8):
        key[16 + j] = state[j * LANES]
    at, until, found, samples, first = int64(told[0]), int64(told[1]), 0, 0, 0
    while at < end and found + LANES <= ROOM:
        told[0] = at
        stop = min(end, at + CHUNK)
        while stop > at and text[stop - 1] != 10:
            stop -= 1
        if stop == at:
            return -1
        total, mark = _mark(text, at, stop, marks), 0
        while at < stop and found + LANES <= ROOM:
            count = 0
            while count < LANES and at < stop:
                told[0] = at
                if mark + 4 > total:
                    return -1
                list_end, id_end, stratum_end = (
                    int64(marks[mark]),
                    int64(marks[mark + 1]),
                    int64(marks[mark + 2]),
                )
                if (
                    text[list_end] != 9
                    or text[id_end] != 9
                    or text[stratum_end] != 9
                    or id_end - list_end > 55
                ):
                    return -1
                mark += 3
                while text[marks[mark]] != 10:
                    mark += 1
                if not _same(text, at, list_end, names, spans[4 * first], spans[4 * first + 1]):
                    first = 0
                    while first < groups and not _same(
                        text, at, list_end, names, spans[4 * first], spans[4 * first + 1]
                    ):
                        first += 1
                    if first == groups:
                        return -1
                group = first
                while not _same(
                    text, id_end + 1, stratum_end, names, spans[4 * group + 2], spans[4 * group + 3]
                ):
                    group += 1
                    if group == groups or not _same(
                        text, at, list_end, names, spans[4 * group], spans[4 * group + 1]
                    ):
                        return -1
                _fill(w, count, text, list_end + 1, id_end, 58, 64, 0)
                lines[3 * count] = group
                lines[3 * count + 1] = at - 1
                at = int64(marks[mark]) + 1
                lines[3 * count + 2] = at
                mark += 1
                count += 1
            _begin(state, key, 16)
            compress(state, w)
            for lane in range(count):
                prefix = uint64(state[lane]) << uint64(32) | uint64(state[LANES + lane])
                if prefix <= limits[lines[3 * lane]]:
                    picked[2 * found] = lines[3 * lane + 1]
                    picked[2 * found + 1] = lines[3 * lane + 2]
                    for j in range(8):
                        digests[8 * found + j] = state[j * LANES + lane]
                    found += 1
                if lane == until:
                    sampled[2 * samples] = lines[3 * lane + 1]
                    sampled[2 * samples + 1] = lines[3 * lane + 2]
                    prefixes[samples] = prefix
                    samples += 1
                    until += step
            until -= count
    told[0] = at
    told[1] = until
    told[2] = samples
    return found


def leaves(text: Any, size: int, hashes: Any, first: int, starts: Any, w: Any, state: Any) -> int:
    """Merkle leaves H(0x00 ‖ line) of the lines of a text, into `hashes` from leaf `first` on, 8 words each.

    Returns the number of lines; `starts` gets the offset of each and, last, that of the line that would follow.
    """
    count, at = 0, 0
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
        _begin(state, START, 0)
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


def nodes(below: Any, first: int, above: Any, pairs: int, w: Any, state: Any) -> int:
    """Merkle nodes H(0x01 ‖ left ‖ right) of `pairs` pairs of hashes, from hash `first` of `below` on, into `above`.

    Returns the number of them.
    """
    for base in range(0, pairs, LANES):
        lanes = min(LANES, pairs - base)
        for lane in range(lanes):
            at = 8 * (first + 2 * (base + lane))
            carry = uint32(1)
            for j in range(16):
                w[j * LANES + lane] = uint32(carry << uint32(24) | uint32(below[at + j] >> uint32(8)))
                carry = below[at + j]
        _begin(state, START, 0)
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
    return pairs
