"""The two hash suites of RID/1 §1: S256 (SHA-256) and SM3 (GB/T 32905). Knows hashing and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rid1.errors import RidError
from rid1.sm3 import Sm3


class Hash(Protocol):
    """The part of hashlib's objects that RID/1 uses."""

    def update(self, data: bytes, /) -> None:
        """Takes more bytes in."""

    def digest(self) -> bytes:
        """The digest of everything taken in."""

    def hexdigest(self) -> str:
        """The digest in lower-case hex."""

    def copy(self) -> Hash:
        """An independent state that continues from here."""


@dataclass(frozen=True)
class Suite:
    """A named hash function with 32-byte digests."""

    name: str
    new: Callable[[bytes], Hash]

    def digest(self, data: bytes) -> bytes:
        """H(data), 32 bytes."""
        return self.new(data).digest()

    def hx(self, text: str | bytes) -> str:
        """hx of RID/1 §1: lower-case hex of H over the UTF-8 bytes of `text`."""
        return self.new(text.encode() if isinstance(text, str) else text).hexdigest()


def _openssl_sm3(data: bytes = b"") -> Hash:
    return hashlib.new("sm3", data)


def _sm3() -> Callable[[bytes], Hash]:
    # Some OpenSSL builds leave SM3 out and FIPS builds list it but refuse it, so it is tried, not looked up.
    try:
        _openssl_sm3(b"")
    except ValueError:
        return Sm3
    return _openssl_sm3


S256 = Suite("S256", hashlib.sha256)
SM3 = Suite("SM3", _sm3())
SUITES = {suite.name: suite for suite in (S256, SM3)}


def suite_named(name: object) -> Suite:
    """The suite a manifest names. Raises RidError `suite_unknown`."""
    if not isinstance(name, str) or name not in SUITES:
        raise RidError("suite_unknown", f"未知的算法套件:{name}", f"unknown suite: {name}", "manifest.json")
    return SUITES[name]
