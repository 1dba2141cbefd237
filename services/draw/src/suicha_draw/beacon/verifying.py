"""A beacon's signature is checked offline by two implementations that share no code: rid1's own and py_ecc.

Both must agree. When they do not, one of them is broken or was tampered with: nothing is drawn, and an alarm is raised.
"""

import asyncio
import hashlib
import sys
from collections.abc import Callable, Sequence

from rid1 import beacon
from rid1.errors import RidError
from suicha_chassis.logs import get_logger

from suicha_draw.metrics import BEACON_DISAGREEMENTS
from suicha_draw.problems import BeaconInvalid, BeaconVerifiersDisagree

# Importing py_ecc raises the limit to 100,000, beyond what the stack holds: nested JSON could crash the process.
_limit = sys.getrecursionlimit()
from py_ecc import optimized_bls12_381 as group  # noqa: E402
from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: E402
from py_ecc.bls.point_compression import decompress_G1, decompress_G2  # noqa: E402

sys.setrecursionlimit(_limit)

log = get_logger(__name__)

Verifier = Callable[[beacon.Chain, int, bytes], bool]

_TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


async def check(
    chain: beacon.Chain, drand_round: int, signature: bytes, verifiers: Sequence[Verifier] | None = None
) -> None:
    """Check that a signature is the chain's for a round; takes some seconds, in a thread.

    Raises:
        BeaconInvalid: it is not.
        BeaconVerifiersDisagree: one implementation says so, the other does not.
    """
    told = await asyncio.to_thread(
        lambda: [verifier(chain, drand_round, signature) for verifier in verifiers or (by_rid1, by_py_ecc)]
    )
    if len(set(told)) > 1:
        BEACON_DISAGREEMENTS.inc()
        log.critical(
            "beacon verifiers disagree",
            chain=chain.hash,
            round=drand_round,
            signature=signature.hex(),
            told=told,
        )
        raise BeaconVerifiersDisagree(
            f"信标第 {drand_round} 轮：两个独立的验证程序结论不一致，已告警，不得继续"
        )
    if not told[0]:
        raise BeaconInvalid(f"该签名不是信标第 {drand_round} 轮的有效签名")


def by_rid1(chain: beacon.Chain, drand_round: int, signature: bytes) -> bool:
    """Tell what rid1's own implementation says."""
    try:
        beacon.verify(drand_round, signature, "", chain)
    except RidError:
        return False
    return True


def by_py_ecc(chain: beacon.Chain, drand_round: int, signature: bytes) -> bool:
    """Tell what py_ecc says: e(signature, g₂) = e(H(message), public key), both points in their groups."""
    if len(signature) != beacon.SIGNATURE_BYTES:
        return False
    key = decompress_G2(
        (int.from_bytes(chain.public_key[:48], "big"), int.from_bytes(chain.public_key[48:], "big"))
    )
    try:
        point = decompress_G1(int.from_bytes(signature, "big"))
    except ValueError:
        return False
    if group.is_inf(point) or not group.is_inf(group.multiply(point, group.curve_order)):
        return False
    hashed = hash_to_G1(beacon.message_of(drand_round), _TAG, hashlib.sha256)
    return bool(group.pairing(group.G2, point) == group.pairing(key, hashed))
