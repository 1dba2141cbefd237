"""A simulated drand network for tests: a chain with a known secret key, and the published round of quicknet.

It answers as drand's HTTP nodes do. Nothing here is drand.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException
from rid1 import beacon
from suicha_draw.beacon.pairing import group, hash_to_G1

# Imported after draw's module, which puts the recursion limit back that py_ecc raises.
from py_ecc.bls.point_compression import compress_G1, compress_G2  # isort: skip

VECTORS = json.loads((Path(__file__).parents[3] / "libs/rid1/tests/vectors/drand.json").read_text())
PUBLISHED = VECTORS["accept"]
_SECRET = 0x5EC2E7
_TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


@dataclass
class SimulatedDrand:
    """A chain of one signer, a round each second."""

    genesis: int
    url: str = ""
    silent: bool = False
    lies: bool = False
    """While set, signatures of other rounds are given out."""
    asked: list[int] = field(default_factory=list)
    """Every round that was asked for."""

    @property
    def settings(self) -> str:
        """What DRAW_SANDBOX_BEACON says of the chain."""
        high, low = compress_G2(group.multiply(group.G2, _SECRET))
        key = (int(high).to_bytes(48, "big") + int(low).to_bytes(48, "big")).hex()
        return json.dumps({"public_key": key, "genesis": self.genesis, "period": 1})

    @property
    def chain(self) -> beacon.Chain:
        """The chain as rid1 knows it."""
        return beacon.sandbox_chain(**json.loads(self.settings))

    def sign(self, drand_round: int) -> str:
        """The signature of a round, hex."""
        point = group.multiply(hash_to_G1(beacon.message_of(drand_round), _TAG, hashlib.sha256), _SECRET)
        return int(compress_G1(point)).to_bytes(48, "big").hex()

    def app(self) -> FastAPI:
        """The one call that draw makes."""
        app = FastAPI()

        @app.get("/{chain}/public/{drand_round}")
        def public_round(chain: str, drand_round: int) -> dict[str, Any]:
            self.asked.append(drand_round)
            if self.silent:
                raise HTTPException(503)
            if (chain, drand_round) == (beacon.CHAIN, PUBLISHED["round"]):
                return {"round": drand_round, "signature": PUBLISHED["signature"]}
            if chain != self.chain.hash:
                raise HTTPException(404)
            return {"round": drand_round, "signature": self.sign(drand_round + self.lies)}

        return app
