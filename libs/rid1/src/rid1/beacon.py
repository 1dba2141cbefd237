"""The public beacon drand quicknet (RID/1 §5): when its rounds come, and whether a signature is the one of a round.

Everything is checked offline against the pinned key, so a signature may come from anywhere, even typed in by hand.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rid1 import bls, jcs
from rid1.errors import RidError

CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
"""Hash of the chain's parameters: names quicknet."""

PUBLIC_KEY = bytes.fromhex(
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
"""quicknet's key, a compressed point of G2."""

GENESIS, PERIOD = 1692803367, 3
"""Unix time of round 1, and seconds between rounds."""


@dataclass(frozen=True)
class Chain:
    """A drand network: hash that names it, 96-byte key, Unix time of round 1, seconds between rounds.

    RID/1 §5 pins quicknet. Any other is a `sandbox`: for rehearsals and tests, whose manifests carry its parameters
    and whose bundles no verifier accepts unless it is told to.
    """

    hash: str
    public_key: bytes
    genesis: int
    period: int

    @property
    def sandbox(self) -> bool:
        """Whether this is not the network that RID/1 pins."""
        return self.hash != CHAIN


QUICKNET = Chain(CHAIN, PUBLIC_KEY, GENESIS, PERIOD)


def sandbox_chain(public_key: str, genesis: int, period: int) -> Chain:
    """A chain for rehearsals, named by the SHA-256 of its parameters (JCS); `public_key` is 192 hex digits."""
    named = jcs.encode({"genesis": genesis, "period": period, "public_key": public_key})
    return Chain(hashlib.sha256(named).hexdigest(), bytes.fromhex(public_key), genesis, period)


SIGNATURE_BYTES = 48
_TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
"""Domain separation tag of drand's scheme bls-unchained-g1-rfc9380."""


def time_of(drand_round: int, chain: Chain = QUICKNET) -> int:
    """Unix time at which a round is published."""
    return chain.genesis + (drand_round - 1) * chain.period


def round_at(unix_time: int, chain: Chain = QUICKNET) -> int:
    """The newest round published at `unix_time`. Raises ValueError before the first."""
    if unix_time < chain.genesis:
        raise ValueError(f"the chain began at {chain.genesis}")
    return (unix_time - chain.genesis) // chain.period + 1


def round_after(unix_time: int, chain: Chain = QUICKNET) -> int:
    """The first round published later than `unix_time`: the earliest a manifest may fix for this `reveal_by`."""
    return 1 if unix_time < chain.genesis else round_at(unix_time, chain) + 1


def message_of(drand_round: int) -> bytes:
    """What the network signs for a round: SHA-256 of its number as 8 bytes, big-endian."""
    return hashlib.sha256(drand_round.to_bytes(8, "big")).digest()


def beacon_string(drand_round: int, signature: str) -> str:
    """The beacon's value in the seed: "drand:" round ":" hx_sha256(signature bytes), `signature` in hex (RID/1 §5).

    Says nothing about whether the signature is valid: see `verify`. Raises ValueError for what is not hex.
    """
    return f"drand:{drand_round}:{hashlib.sha256(bytes.fromhex(signature)).hexdigest()}"


def verify(drand_round: int, signature: bytes, where: str = "", chain: Chain = QUICKNET) -> None:
    """Checks that `signature` (48 bytes) is the chain's for the round (RID/1 §5).

    Takes about half a second. Raises RidError `beacon_invalid`.
    """
    valid = 0 < drand_round < 1 << 64 and bls.verify(
        chain.public_key, message_of(drand_round), signature, _TAG
    )
    if not valid:
        named = "a sandbox chain" if chain.sandbox else "drand quicknet"
        named_zh = "演练信标" if chain.sandbox else "drand quicknet "
        raise RidError(
            "beacon_invalid",
            f"该签名不是 {named_zh}第 {drand_round} 轮的有效签名",
            f"this is not the signature of round {drand_round} of {named}",
            where,
        )
