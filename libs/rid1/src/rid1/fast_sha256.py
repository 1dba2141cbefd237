"""The compression function of SHA-256 for sixteen messages at once, compiled by numba (the `[fast]` extra).

One lane is one message. `compress` has neither branches nor inner loops, so that the compiler turns its loop over the
lanes into vector instructions. Lane buffers are word-major: word j of lane l is at j * LANES + l.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
from numba import uint32

from rid1.fast_code import LANES

START = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
"""The initial state of SHA-256 (FIPS 180-4 §5.3.3)."""

# The round constants (§4.2.2), sixteen to a name.
_K0 = (
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
)  # fmt: skip
_K1 = (
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
)  # fmt: skip
_K2 = (
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
)  # fmt: skip
_K3 = (
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
)  # fmt: skip


def inlined(function: Callable[..., Any]) -> Any:
    """A function that is compiled into each function that calls it."""
    return numba.njit(function, forceinline=True)


def _rotated(x: int, n: int) -> Any:
    return uint32(uint32(x >> uint32(n)) | uint32(x << uint32(32 - n)))


_rotate = inlined(_rotated)


def _one_round(s: Sequence[int], k: int, w: int) -> Any:
    a, b, c, d, e, f, g, h = s
    t = uint32(h + (_rotate(e, 6) ^ _rotate(e, 11) ^ _rotate(e, 25)) + (g ^ (e & (f ^ g))) + uint32(k) + w)
    u = uint32((_rotate(a, 2) ^ _rotate(a, 13) ^ _rotate(a, 22)) + ((a & b) | (c & (a | b))))
    return uint32(t + u), a, b, c, uint32(d + t), e, f, g


_round = inlined(_one_round)


def _sixteen(s: Sequence[int], w: Sequence[int], k: Sequence[int]) -> Any:
    s = _round(s, k[0], w[0])
    s = _round(s, k[1], w[1])
    s = _round(s, k[2], w[2])
    s = _round(s, k[3], w[3])
    s = _round(s, k[4], w[4])
    s = _round(s, k[5], w[5])
    s = _round(s, k[6], w[6])
    s = _round(s, k[7], w[7])
    s = _round(s, k[8], w[8])
    s = _round(s, k[9], w[9])
    s = _round(s, k[10], w[10])
    s = _round(s, k[11], w[11])
    s = _round(s, k[12], w[12])
    s = _round(s, k[13], w[13])
    s = _round(s, k[14], w[14])
    s = _round(s, k[15], w[15])
    return s


_rounds = inlined(_sixteen)


def _next_word(a: int, b: int, c: int, d: int) -> Any:
    low = _rotate(b, 7) ^ _rotate(b, 18) ^ uint32(b >> uint32(3))
    return uint32(a + low + c + (_rotate(d, 17) ^ _rotate(d, 19) ^ uint32(d >> uint32(10))))


_word = inlined(_next_word)


def _next_words(w: Sequence[int]) -> Any:
    w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, wa, wb, wc, wd, we, wf = w
    w0 = _word(w0, w1, w9, we)
    w1 = _word(w1, w2, wa, wf)
    w2 = _word(w2, w3, wb, w0)
    w3 = _word(w3, w4, wc, w1)
    w4 = _word(w4, w5, wd, w2)
    w5 = _word(w5, w6, we, w3)
    w6 = _word(w6, w7, wf, w4)
    w7 = _word(w7, w8, w0, w5)
    w8 = _word(w8, w9, w1, w6)
    w9 = _word(w9, wa, w2, w7)
    wa = _word(wa, wb, w3, w8)
    wb = _word(wb, wc, w4, w9)
    wc = _word(wc, wd, w5, wa)
    wd = _word(wd, we, w6, wb)
    we = _word(we, wf, w7, wc)
    wf = _word(wf, w0, w8, wd)
    return w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, wa, wb, wc, wd, we, wf


_words = inlined(_next_words)


def _compress(state: Any, w: Any) -> None:
    """One block of every lane (FIPS 180-4 §6.2.2): `state` (8 words a lane) takes in `w` (16 words a lane)."""
    for at in range(LANES):
        x = (
            w[at], w[LANES + at], w[2 * LANES + at], w[3 * LANES + at],
            w[4 * LANES + at], w[5 * LANES + at], w[6 * LANES + at], w[7 * LANES + at],
            w[8 * LANES + at], w[9 * LANES + at], w[10 * LANES + at], w[11 * LANES + at],
            w[12 * LANES + at], w[13 * LANES + at], w[14 * LANES + at], w[15 * LANES + at],
        )  # fmt: skip
        old = (
            state[at], state[LANES + at], state[2 * LANES + at], state[3 * LANES + at],
            state[4 * LANES + at], state[5 * LANES + at], state[6 * LANES + at], state[7 * LANES + at],
        )  # fmt: skip
        s = _rounds(old, x, _K0)
        x = _words(x)
        s = _rounds(s, x, _K1)
        x = _words(x)
        s = _rounds(s, x, _K2)
        x = _words(x)
        s = _rounds(s, x, _K3)
        state[at] = uint32(old[0] + s[0])
        state[LANES + at] = uint32(old[1] + s[1])
        state[2 * LANES + at] = uint32(old[2] + s[2])
        state[3 * LANES + at] = uint32(old[3] + s[3])
        state[4 * LANES + at] = uint32(old[4] + s[4])
        state[5 * LANES + at] = uint32(old[5] + s[5])
        state[6 * LANES + at] = uint32(old[6] + s[6])
        state[7 * LANES + at] = uint32(old[7] + s[7])


compress = numba.njit(_compress)
