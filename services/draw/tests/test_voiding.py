"""Voiding: a request binds nobody and is nobody else's business until a second person confirms what it read."""

import hashlib
import json
from typing import Any

from holding import HR_TASK, Draws

WANTED = {"code": "dice_invalid", "reason": "骰子落地", "evidence": "e" * 64}


async def asked_for(draws: Draws) -> tuple[str, dict[str, Any]]:
    """A frozen round that the operator wants voided, and the request as officers read it."""
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.until(round_id, "frozen")
    shown = await draws.deed("operator", round_id, "void", WANTED)
    return round_id, dict(shown["void_request"])


async def test_a_request_to_void_is_not_public_before_it_is_confirmed(draws: Draws) -> None:
    round_id, asked = await asked_for(draws)
    now = await draws.read(round_id)
    assert (now["state"], now["void_code"], now["void_reason"]) == ("frozen", None, None)
    seen = [
        (await draws.anyone.get(path)).text for path in ("/public/draws", f"/public/draws/{now['draw_id']}")
    ]
    assert all("骰子落地" not in text and "dice_invalid" not in text for text in seen)
    await draws.deed("legal", round_id, "void/confirm", {"content_hash": asked["content_hash"]})
    (public,) = (await draws.anyone.get(f"/public/draws/{now['draw_id']}")).json()
    assert (public["state"], public["void_code"], public["void_reason"]) == (
        "void", "dice_invalid", "骰子落地",
    )  # fmt: skip
    assert "void_request" not in public


async def test_whoever_confirms_names_the_request_it_has_read(draws: Draws) -> None:
    round_id, asked = await asked_for(draws)
    said = {name: asked[name] for name in sorted(WANTED)}
    canonical = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    assert asked["content_hash"] == hashlib.sha256(canonical).hexdigest()
    assert (said, asked["requested_by"]) == (WANTED, "operator")
    read = {"content_hash": asked["content_hash"]}
    own = await draws.person("operator").post(f"/draw/v1/rounds/{round_id}/void/confirm", read)
    assert (own.status_code, own.json()["code"]) == (403, "same_person")

    for changed in ({"reason": "另有原因"}, {"evidence": "f" * 64}, {"code": "list_wrong"}):
        await draws.deed("operator", round_id, "void", WANTED | changed)
        answer = await draws.person("legal").post(f"/draw/v1/rounds/{round_id}/void/confirm", read)
        assert (answer.status_code, answer.json()["code"]) == (422, "void_mismatch"), changed
    await draws.deed("operator", round_id, "void", WANTED)
    assert (await draws.deed("legal", round_id, "void/confirm", read))["state"] == "void"


async def test_a_request_to_void_is_withdrawn_by_whoever_made_it_and_the_draw_goes_on(draws: Draws) -> None:
    round_id, asked = await asked_for(draws)
    other = await draws.person("legal").post(f"/draw/v1/rounds/{round_id}/void/withdraw")
    assert (other.status_code, other.json()["code"]) == (403, "not_your_part")
    assert (await draws.deed("operator", round_id, "void/withdraw"))["void_request"] is None
    read = {"content_hash": asked["content_hash"]}
    answer = await draws.person("legal").post(f"/draw/v1/rounds/{round_id}/void/confirm", read)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    await draws.hold(round_id)
    assert (await draws.finish(round_id))["void_reason"] is None
