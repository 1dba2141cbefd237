"""An embargo (RID/1 §5): used at once, public only after the inspections; nothing public gives the objects away."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from holding import HR_TASK, SECRETS, Draws
from rid1 import jcs
from rid1.manifest_reader import parse
from rid1.seed import MISSING, Reveals, commitment, seed_of
from rid1.suites import S256
from rid1.verify import verify_bundle
from sqlalchemy import text
from suicha_chassis import testing
from suicha_chassis.scope import SYSTEM
from suicha_draw.rounds.unsealing import count_visit
from test_frozen_tables import closed


async def completed(draws: Draws, **settings: Any) -> dict[str, Any]:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK), embargo="legal", **settings)
    await draws.hold(round_id)
    return await draws.finish(round_id)


async def public_texts(draws: Draws, done: dict[str, Any]) -> str:
    """Everything that somebody without a token can read of a draw."""
    paths = ("/public/draws", f"/public/draws/{done['draw_id']}", "/public/log/entries")
    texts = [(await draws.anyone.get(path)).text for path in paths]
    texts.append(json.dumps(await draws.read(done["id"])))
    return "".join(texts)


async def close_visits(draws: Draws, done: dict[str, Any], number: int) -> None:
    async with draws.db.transaction(SYSTEM) as session:
        for _ in range(number):
            event = closed(1, 0).model_copy(update={"round_id": UUID(done["id"]), "visit_id": uuid4()})
            await count_visit(session, event)


async def test_seed_secret_and_bundle_stay_back_until_the_last_visit_is_closed(
    draws: Draws, tmp_path: Path
) -> None:
    done = await completed(draws)
    assert done["embargoed"] and done["seed"] is None and done["publish_after"].startswith("2026-12-10T16:00")
    (event,) = await draws.emitted("draw_completed")
    assert (event["seed"], event["embargoed"]) == ("embargoed", True)
    seen = await public_texts(draws, done)
    async with draws.db.session(SYSTEM) as session:
        seed = await session.scalar(text("SELECT seed FROM rounds"))
    assert seed and seed not in seen and SECRETS["legal"] not in seen and SECRETS["operator"] in seen
    results = (await draws.person("legal").get(f"/draw/v1/rounds/{done['id']}/results")).json()["items"]
    assert results and all(row["object_id"] not in seen for row in results)
    for who, path in (
        (draws.anyone, f"/public/draws/{done['draw_id']}/bundle"),
        (draws.person("operator"), f"/draw/v1/rounds/{done['id']}/bundle"),
    ):
        answer = await who.get(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "embargoed")

    await close_visits(draws, done, done["visits"] - 1)
    assert await draws.emitted("draw_unsealed") == []
    await close_visits(draws, done, 1)

    async def unsealed() -> dict[str, Any] | None:
        now = await draws.read(done["id"])
        return None if now["embargoed"] else now

    shown = await testing.eventually(unsealed, 20, "the end of the embargo")
    assert shown["seed"] == seed
    assert shown["log"][-1]["body"] == {"name": "legal", "value": SECRETS["legal"]}
    (told,) = await draws.emitted("draw_unsealed")
    assert (told["seed"], told["bundle"]["sha256"]) == (seed, event["files"]["bundle"]["sha256"])
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
    assert verify_bundle(bundle).fault is None


async def test_the_embargo_of_a_void_attempt_ends_with_it_and_its_log_stays_closed(draws: Draws) -> None:
    done = await completed(draws)
    covered = {one["name"]: one["secret"] for one in done["contributors"]}
    assert covered == {"operator": SECRETS["operator"], "legal": None}
    await draws.void(done["id"], "procedure_breach", "程序有误")

    async def unsealed() -> dict[str, Any] | None:
        now = (await draws.anyone.get(f"/public/draws/{done['draw_id']}")).json()[0]
        return None if now["embargoed"] else now

    shown = await testing.eventually(unsealed, 20, "the end of the embargo")
    assert (shown["state"], shown["log"][-1]["event"]) == ("void", "void")
    secrets = {one["name"]: one["secret"] for one in shown["contributors"]}
    assert secrets == SECRETS
    for one in shown["contributors"]:
        opened = commitment(S256, done["draw_id"], one["name"], secrets[one["name"]])
        assert opened == one["commitment"]
    reveals = Reveals(secrets, shown["dice"], MISSING, None)
    assert shown["seed"] == seed_of(parse(jcs.encode(shown["manifest"])), reveals, shown["manifest_hash"])
    assert await draws.emitted("draw_unsealed") == [], "nothing of a void attempt goes to the public record"


async def test_an_embargo_ends_at_its_date_although_visits_are_open(draws: Draws) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=15)).isoformat()
    reveal = {"seconds": 6, "publish_after": at}
    done = await completed(draws, **reveal)

    async def told() -> bool:
        return bool(await draws.emitted("draw_unsealed"))

    await testing.eventually(told, 20, "the end of the embargo")
    assert (await draws.read(done["id"]))["seed"]


async def test_nobody_is_replaced_in_public_while_an_embargo_lasts(draws: Draws) -> None:
    done = await completed(draws)
    path = f"/draw/v1/rounds/{done['id']}"
    row = (await draws.person("legal").get(f"{path}/results")).json()["items"][0]
    who = {"kind": "object", "list_code": "HR", "stratum": row["stratum"], "out": row["object_id"]}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    asked = await draws.deed("operator", done["id"], "substitutions", body, 201)
    answer = await draws.person("legal").post(f"{path}/substitutions/{asked['id']}/approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "embargoed")


async def test_only_a_contributor_can_be_embargoed(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    body = {"task_ids": await draws.plan(HR_TASK), "reveal_by": "2099-01-01T00:00:00Z", "embargo": "notary",
            "inspect_from": "2026-11-23", "inspect_to": "2026-12-10"}  # fmt: skip
    answer = await draws.person("operator").post("/draw/v1/rounds", body)
    assert answer.status_code == 422 and "公证" in answer.json()["detail"]
    unused = body | {"embargo": None, "publish_after": "2099-02-01T00:00:00Z"}
    assert (await draws.person("operator").post("/draw/v1/rounds", unused)).status_code == 422
