"""Fetches a round of the beacon where there is a network. What it brings is believed only after both checks."""

from collections.abc import Sequence

import httpx
import stamina
from pydantic import BaseModel, Field, ValidationError
from rid1.beacon import Chain
from suicha_chassis.bus import TransientError

_TIMEOUT = httpx.Timeout(5.0)


class DrandAnswer(BaseModel):
    """What a drand node says of a round."""

    round: int
    signature: str = Field(pattern=r"^[0-9a-f]{96}$")


class DrandClient:
    """Asks drand's HTTP nodes one after the other."""

    def __init__(self, urls: Sequence[str], attempts: int = 3) -> None:
        self._urls = urls
        self._attempts = attempts

    async def signature(self, chain: Chain, drand_round: int) -> bytes:
        """Return what the first node that answers calls the signature of a round; it is not checked here.

        Raises:
            TransientError: no node has it.
        """
        said: list[str] = []
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as http:
            for url in self._urls:
                try:
                    return await self._ask(
                        http, f"{url.rstrip('/')}/{chain.hash}/public/{drand_round}", drand_round
                    )
                except (httpx.HTTPError, ValidationError, ValueError) as error:
                    said.append(f"{url}: {error!r}")
        raise TransientError(f"no beacon: {'; '.join(said)}")

    async def _ask(self, http: httpx.AsyncClient, address: str, drand_round: int) -> bytes:
        async for attempt in stamina.retry_context(
            on=httpx.TransportError, attempts=self._attempts, wait_initial=0.2, wait_max=2.0
        ):
            with attempt:
                answer = await http.get(address)
        answer.raise_for_status()
        said = DrandAnswer.model_validate_json(answer.content)
        if said.round != drand_round:
            raise ValueError(f"round {said.round} in place of {drand_round}")
        return bytes.fromhex(said.signature)
