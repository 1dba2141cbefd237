"""Disclosure: release by round, delivery through a credit platform that fails for a while, reconciliation."""

import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from suicha_contracts.signing import sign

from suicha_local.demo.client import Gateway, wait_for
from suicha_local.home import Home


@dataclass(frozen=True)
class Disclosed:
    """What became public, and what it took."""

    statistics: dict[str, Any]
    attempts: int
    retried: int


class Outside:
    """The two receivers, which are not ours: what do they hold?"""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._http = httpx.Client(timeout=10)

    def credit_behaves(self, mode: str, **options: Any) -> None:
        """Tell the simulated credit platform how to meet the next pushes."""
        answer = self._http.put(
            f"{self._home.sandbox}/sandbox/behaviour",
            json={"mode": mode, **options},
            headers={"Authorization": f"Bearer {self._home.secrets['sandbox_control']}"},
        )
        answer.raise_for_status()

    def credit_records(self) -> dict[str, int]:
        """Return record id → version of all that the simulated credit platform holds."""
        return self._list(
            f"{self._home.sandbox}/credit/v1/records",
            lambda: {"Authorization": f"Bearer {self._home.secrets['credit']}"},
        )

    def site_results(self) -> dict[str, int]:
        """Return record id → version of all results that the public website holds."""
        secret = b64decode(self._home.secrets["push"])
        return self._list(
            f"{self._home.site}/push/v1/results",
            lambda: sign(secret, f"list-{time.time_ns()}", int(time.time()), b""),
        )

    def _list(self, address: str, headers: Callable[[], dict[str, str]]) -> dict[str, int]:
        held: dict[str, int] = {}
        after: str | None = ""
        while after is not None:
            answer = self._http.get(address, params={"after": after, "limit": "500"}, headers=headers())
            answer.raise_for_status()
            page = answer.json()
            held |= {str(one["id"]): int(one["version"]) for one in page["items"]}
            after = page["next"]
        return held


def release_round(gateway: Gateway, round_id: str, expected: int) -> int:
    """Wait until every closed visit is known to disclosure, release them all; return how many."""
    publisher = gateway.sign_in("publisher")

    def known() -> list[dict[str, Any]] | None:
        found = list(publisher.pages("/disclosure/v1/disclosures", round_id=round_id, limit=200))
        return found if len(found) >= expected else None

    rows: list[dict[str, Any]] = wait_for("办结的检查进入公示", known)
    released = publisher.post("/disclosure/v1/disclosures/release", {"round_id": round_id})["released"]
    for row in rows:
        path = f"/disclosure/v1/disclosures/{row['id']}"
        if publisher.get(path)["state"] == "pending":
            publisher.post(f"{path}/release", {"handling_note": "已移交处理，处理结果另行公示"})
            released += 1
    return int(released)


def wait_until_public(gateway: Gateway, round_id: str, expected: int) -> Disclosed:
    """Wait until every channel has accepted every result of a round."""
    publisher = gateway.sign_in("publisher")

    def everything() -> dict[str, Any] | None:
        figures: dict[str, Any] = publisher.get("/disclosure/v1/statistics", round_id=round_id)
        return figures if figures["disclosed"] >= expected else None

    figures: dict[str, Any] = wait_for("全部结果送达各渠道", everything, 90)
    deliveries = list(publisher.pages("/disclosure/v1/deliveries", limit=200))
    return Disclosed(
        statistics=figures,
        attempts=sum(one["attempts"] for one in deliveries),
        retried=sum(one["attempts"] > 1 for one in deliveries),
    )
