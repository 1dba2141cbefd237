"""SM3 (GB/T 32905-2016) in pure Python, for OpenSSL builds that lack it. About a thousand times slower than C."""

from __future__ import annotations

import struct

_IV = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
    0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip
_WORD = 0xFFFFFFFF


def _rotate(x: int, n: int) -> int:
    n %= 32
    return ((x << n) | (x >> (32 - n))) & _WORD


_T = tuple(_rotate(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64))


def _compress(v: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rotate(w[j - 3], 15)
        w.append(x ^ _rotate(x, 15) ^ _rotate(x, 23) ^ _rotate(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = v
    for j in range(64):
        a12 = _rotate(a, 12)
        ss1 = _rotate((a12 + e + _T[j]) & _WORD, 7)
        if j < 16:
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
        tt1 = (ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) & _WORD
        tt2 = (gg + h + ss1 + w[j]) & _WORD
        a, b, c, d = tt1, a, _rotate(b, 9), c
        e, f, g, h = tt2 ^ _rotate(tt2, 9) ^ _rotate(tt2, 17), e, _rotate(f, 19), g
    return tuple(x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h), strict=True))


class Sm3:
    """An SM3 state with the interface of hashlib's objects."""

    def __init__(self, data: bytes = b"") -> None:
        self._v: tuple[int, ...] = _IV
        self._tail = b""
        self._length = 0
        self.update(data)

    def update(self, data: bytes, /) -> None:
        """Takes more bytes in."""
        self._length += len(data)
        self._tail += data
        full = len(self._tail) - len(self._tail) % 64
        for at in range(0, full, 64):
            self._v = _compress(self._v, self._tail[at : at + 64])
        self._tail = self._tail[full:]

    def digest(self) -> bytes:
        """The 32-byte digest of everything taken in so far."""
        padding = b"\x80" + b"\0" * ((55 - self._length) % 64) + struct.pack(">Q", self._length * 8)
        v = self._v
        rest = self._tail + padding
        for at in range(0, len(rest), 64):
            v = _compress(v, rest[at : at + 64])
        return struct.pack(">8I", *v)

    def hexdigest(self) -> str:
        """The digest in lower-case hex."""
        return self.digest().hex()

    def copy(self) -> Sm3:
        """An independent state that continues from here."""
        other = Sm3()
        other._v, other._tail, other._length = self._v, self._tail, self._length
        return other
