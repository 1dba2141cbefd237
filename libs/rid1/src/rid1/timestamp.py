"""RFC 3161 timestamps over a checkpoint: whether a token is about this text at all, and what time it names.

Who issued it and whether its signature holds is a matter of X.509 and stays with `openssl ts -verify`; without the
right imprint a token says nothing about the log, and that is checked here, with a minimal DER reader.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from rid1.errors import RidError

_HASHES = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_INTEGER, _OCTETS, _OID, _TIME, _SEQUENCE, _CONTEXT = 0x02, 0x04, 0x06, 0x18, 0x30, 0xA0


@dataclass(frozen=True)
class Timestamp:
    """What a token says: the hash over its text, and when (GeneralizedTime as written, e.g. 20261120T… in UTC)."""

    hash_name: str
    imprint: bytes
    time: str


def read_timestamp(response: bytes, where: str) -> Timestamp:
    """Reads a TimeStampResp (RFC 3161 §2.4.2). Raises RidError `timestamp`."""
    try:
        status, token = _children(_only(response, _SEQUENCE), 2)
        granted = _children(status[1], 1)[0]
        if granted[0] != _INTEGER or int.from_bytes(granted[1], "big") > 1:
            raise ValueError("not granted")
        signed = _children(_only(_children(token[1], 2)[1][1], _SEQUENCE), 3)
        kind, content = _children(signed[2][1], 2)
        if kind != (_OID, _TST_INFO) or content[0] != _CONTEXT:
            raise ValueError("no TSTInfo")
        info = _children(_only(_only(content[1], _OCTETS), _SEQUENCE), 5)
        algorithm, imprint = _children(info[2][1], 2)
        name = _HASHES[_children(algorithm[1], 1)[0][1]]
        if imprint[0] != _OCTETS or info[4][0] != _TIME:
            raise ValueError("no imprint or time")
        return Timestamp(name, imprint[1], info[4][1].decode("ascii"))
    except (ValueError, KeyError, IndexError) as error:
        raise RidError(
            "timestamp", f"不是有效的时间戳:{error}", f"not a timestamp response: {error}", where
        ) from None


def check_timestamp(response: bytes, text: bytes, where: str) -> Timestamp:
    """Checks that a token is over `text`. Raises RidError `timestamp` or `timestamp_imprint`."""
    found = read_timestamp(response, where)
    if hashlib.new(found.hash_name, text).digest() != found.imprint:
        raise RidError(
            "timestamp_imprint",
            "时间戳不是对本检查点签发的",
            "the timestamp is not over this checkpoint",
            where,
        )
    return found


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            octets = length & 0x7F
            if not 1 <= octets <= 4:
                raise ValueError("bad length")
            length, at = int.from_bytes(data[at : at + octets], "big"), at + octets
        if at + length > len(data):
            raise ValueError("ends early")
        yield tag, data[at : at + length]
        at += length


def _children(data: bytes, least: int) -> list[tuple[int, bytes]]:
    found = list(_elements(data))
    if len(found) < least:
        raise ValueError("a part is missing")
    return found


def _only(data: bytes, tag: int) -> bytes:
    ((found, content),) = _children(data, 1)
    if found != tag:
        raise ValueError(f"tag {tag:#x} expected, {found:#x} found")
    return content
