"""A beacon's signature is checked offline by two implementations that share no code: rid1's own and py_ecc.

Both must agree. When they do not, one of them is broken or was tampered with: nothing is drawn, and an alarm is raised.
"""

import asyncio
from collections.abc import Callable, Sequence

from rid1 import beacon
from rid1.errors import RidError
from suicha_chassis.logs import get_logger

from suicha_draw.metrics import BEACON_DISAGREEMENTS
from suicha_draw.problems import BeaconInvalid, BeaconVerifiersDisagree

log = get_logger(__name__)

Verifier = Callable[[beacon.Chain, int, bytes], bool]


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
    """Tell what py_ecc says."""
    # Half a second to import, for what is asked once a round: no process waits for it when it starts.
    from suicha_draw.beacon import pairing

    return pairing.verify(chain, drand_round, signature)
