"""Lots drawn by hand: recorded by one person, confirmed by another, checked against the frozen lists (D1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from holding import DICE, HR_TASK, LD_TASK, Draws, object_id
from rid1 import states
from rid1.errors import RidError
from rid1.log import history, make_entry, read_entries
from suicha_draw.rounds.schemas.lots import LotsRequest

NOTICE = "人工抽签/摇号，结果不可验证"
BY_HAND = {"lots": "physical"}
QUOTAS = {("HR", "A"): (6, 2), ("HR", "B"): (7, 2), ("HR", "C"): (10, 2), ("LD", "ALL"): (16, 4)}
"""Of the stock of the registry under the two tasks: (k, m) of each stratum."""


def now() -> str:
    """The minute in which lots are drawn, as a protocol has it."""
    return datetime.now(UTC).replace(second=0, microsecond=0).isoformat()


def drawn_by_hand(lists: tuple[str, ...] = ("HR", "LD")) -> dict[str, Any]:
    """A result that fits the stock: the first objects of each stratum, and teams that may go there."""
    grades = ("A", "A", "A", "B", "B", "C")
    pooled: dict[tuple[str, str], list[str]] = {}
    for number in range(200):
        pooled.setdefault(("HR", grades[number % 6]), []).append(object_id(number))
    pooled["LD", "ALL"] = [object_id(number) for number in range(100, 300)]
    results = [
        {"list_code": code, "stratum": stratum, "selected": pooled[code, stratum][:k],
         "substitutes": pooled[code, stratum][k : k + m]}
        for (code, stratum), (k, m) in QUOTAS.items()
        if code in lists
    ]  # fmt: skip
    teams = [
        {"object_id": one, "crew": crew, "team": team, "alternates": alternates}
        for code, crew, team, alternates in (
            ("HR", "LDJC", ["I003", "I005"], ["I007"]), ("LD", "JYK", ["I000", "I002"], ["I004"]),
        )
        for part in results
        if part["list_code"] == code
        for one in part["selected"]
    ]  # fmt: skip
    return {
        "method": "slips", "place": "市人社局三楼会议室", "held_at": now(), "present": ["法制机构", "企业代表"],
        "evidence": "e" * 64, "results": results, "teams": teams,
    }  # fmt: skip


async def opened(draws: Draws, *tasks: dict[str, Any]) -> str:
    """A round to be drawn by hand, frozen and witnessed."""
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(*(tasks or (HR_TASK, LD_TASK))), **BY_HAND)
    await draws.sign_freeze(round_id)
    return round_id


async def recorded(draws: Draws, round_id: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """The round once two people have recorded the lots."""
    typed = await draws.deed("operator", round_id, "lots", content or drawn_by_hand())
    return await draws.deed("legal", round_id, "lots/confirm", {"content_hash": typed["content_hash"]})


async def test_lots_drawn_by_hand_become_the_result_and_are_never_called_verifiable(draws: Draws) -> None:
    round_id = await opened(draws)
    drawn = await recorded(draws, round_id)
    assert (drawn["state"], drawn["basis"], drawn["verifiable"]) == ("drawn", "physical", False)
    assert drawn["seed"] is drawn["manifest_hash"] is drawn["manifest"] is None
    done = await draws.finish(round_id)
    assert [line["event"] for line in done["log"]] == [
        "created", "frozen", "witnessed", "lots", "signed", "completed",
    ]  # fmt: skip
    (lots,) = [line["body"] for line in done["log"] if line["event"] == "lots"]
    assert (lots["typed_by"], lots["confirmed_by"]) == ("operator", "legal")
    assert (lots["evidence"], lots["result_hash"]) == ("e" * 64, done["result_hash"])
    (frozen,) = [line["body"] for line in done["log"] if line["event"] == "frozen"]
    assert frozen["lots"]["quotas"]["HR"]["A"] == {"n": 101, "k": 6, "m": 2}, "fixed before anybody drew"

    auditor, path = draws.person("auditor"), f"/draw/v1/rounds/{round_id}"
    rows = (await auditor.get(f"{path}/results", params={"limit": 500})).json()["items"]
    assert {row["ticket"] for row in rows} == {""}
    kinds = [(row["list_code"], row["stratum"], row["kind"]) for row in rows]
    assert {at: (kinds.count((*at, "S")), kinds.count((*at, "R"))) for at in QUOTAS} == QUOTAS
    matches = (await auditor.get(f"{path}/matches", params={"limit": 500})).json()["items"]
    assert {tuple(row["team"]) for row in matches if row["crew"] == "LDJC"} == {("I003", "I005")}

    (event,) = await draws.emitted("draw_completed")
    assert (event["basis"], event["verifiable"], event["files"]["bundle"]) == ("physical", False, None)
    assert (event["seed"], event["manifest_hash"], event["dice"], event["beacon"]) == ("-", "-", "-", "-")
    assert event["lots"]["place"] == "市人社局三楼会议室"
    assert event["lots"]["inputs_hash"] == done["inputs_hash"]
    assert event["visits"] == len({row["object_id"] for row in rows if row["kind"] == "S"})
    table = (await auditor.get(f"{path}/export")).text
    assert object_id(0) in table


async def test_every_public_view_says_that_the_draw_was_by_hand(draws: Draws) -> None:
    round_id = await opened(draws)
    await recorded(draws, round_id)
    done = await draws.finish(round_id)
    public = f"/public/draws/{done['draw_id']}"
    (shown,) = (await draws.anyone.get(public)).json()
    assert (shown["basis"], shown["verifiable"], shown["notice"]) == ("physical", False, NOTICE)
    assert shown["lots"]["evidence"] == "e" * 64 and shown["lots"]["present"] == ["法制机构", "企业代表"]
    for path in ("bundle", "bundles/1", "statistics", f"attempts/1/receipts/{object_id(0)}"):
        answer = await draws.anyone.get(f"{public}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "physical_lots"), path
    for path in ("bundle", "statistics", f"objects/{object_id(0)}/receipt"):
        answer = await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "physical_lots"), path
    assert (await draws.anyone.get(f"{public}/bundles")).json() == []
    chances = (await draws.anyone.get(f"{public}/probabilities")).json()
    assert [(one["code"], one["k"]) for one in chances[0]["strata"]] == [("A", 6), ("B", 7), ("C", 10)]
    (change,) = [
        one for one in (await draws.anyone.get(f"{public}/changes")).json() if one["kind"] == "physical_lots"
    ]
    assert NOTICE in change["text"] and change["by"] == ["operator", "legal"]
    assert NOTICE in (await draws.anyone.get(f"{public}/scheme")).text
    for number, standing in ((0, "selected"), (12, "substitute"), (20, "not_drawn")):
        path = f"/draw/v1/rounds/{round_id}/objects/{object_id(number)}/why"
        why = (await draws.person("auditor").get(path)).json()["lists"][0]
        assert (why["standing"], why["ticket"]) == (standing, "")
        assert NOTICE in why["explanation"]


def _short(content: dict[str, Any]) -> None:
    content["results"][0]["selected"].pop()


def _many_substitutes(content: dict[str, Any]) -> None:
    content["results"][0]["substitutes"].append(object_id(60))


def _stranger(content: dict[str, Any]) -> None:
    content["results"][0]["selected"][0] = object_id(299)


def _stratum(content: dict[str, Any]) -> None:
    content["results"][0]["selected"][0] = object_id(3)


def _twice(content: dict[str, Any]) -> None:
    content["results"][0]["selected"][0] = content["results"][0]["selected"][1]


def _unknown_stratum(content: dict[str, Any]) -> None:
    content["results"][0]["stratum"] = "Z"


def _stratum_twice(content: dict[str, Any]) -> None:
    content["results"].append(content["results"][0])


def _missing(content: dict[str, Any]) -> None:
    content["results"].pop()


def _no_team(content: dict[str, Any]) -> None:
    content["teams"].pop()


def _extra_team(content: dict[str, Any]) -> None:
    content["teams"].append(content["teams"][0] | {"object_id": object_id(199)})


def _team_twice(content: dict[str, Any]) -> None:
    content["teams"].append(content["teams"][0])


def _small_team(content: dict[str, Any]) -> None:
    content["teams"][0]["team"] = ["I003"]


def _alternates(content: dict[str, Any]) -> None:
    content["teams"][0]["alternates"] = ["I007", "I009"]


def _other_crew(content: dict[str, Any]) -> None:
    content["teams"][0]["team"] = ["I003", "I000"]


def _recused(content: dict[str, Any]) -> None:
    team = next(one for one in content["teams"] if one["object_id"] == object_id(3))
    team["team"] = ["I001", "I003"]


def _same_inspector(content: dict[str, Any]) -> None:
    content["teams"][0]["team"] = ["I003", "I003"]


def _too_early(content: dict[str, Any]) -> None:
    content["held_at"] = "2026-01-01T00:00:00Z"


def _too_late(content: dict[str, Any]) -> None:
    content["held_at"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


FAULTY: tuple[tuple[Callable[[dict[str, Any]], None], str, str], ...] = (
    (_short, "body.results.0.selected", "quota"),
    (_many_substitutes, "body.results.0.substitutes", "too_many_substitutes"),
    (_stranger, "body.results.0.selected.0", "not_pooled"),
    (_stratum, "body.results.0.selected.0", "other_stratum"),
    (_twice, "body.results.0.selected.1", "repeated"),
    (_unknown_stratum, "body.results.0", "stratum_unknown"),
    (_stratum_twice, "body.results.4", "stratum_twice"),
    (_missing, "body.results", "stratum_missing"),
    (_no_team, "body.teams", "team_missing"),
    (_extra_team, "body.teams.39", "team_not_due"),
    (_team_twice, "body.teams.39", "team_twice"),
    (_small_team, "body.teams.0.team", "team_size"),
    (_alternates, "body.teams.0.alternates", "too_many_alternates"),
    (_other_crew, "body.teams.0.team.1", "not_eligible"),
    (_recused, "body.teams.6.team.0", "recused"),
    (_same_inspector, "body.teams.0.team.1", "repeated"),
    (_too_early, "body.held_at", "before_freeze"),
    (_too_late, "body.held_at", "in_future"),
)


async def test_what_does_not_fit_the_frozen_lists_is_refused_line_by_line(draws: Draws) -> None:
    round_id = await opened(draws)
    operator, path = draws.person("operator"), f"/draw/v1/rounds/{round_id}/lots"
    for spoil, where, code in FAULTY:
        content = drawn_by_hand()
        spoil(content)
        answer = await operator.post(path, content)
        assert (answer.status_code, answer.json()["code"]) == (422, "lots_refused"), spoil
        faults = [(one["where"], one["code"]) for one in answer.json()["faults"]]
        assert (where, code) in faults, (spoil, faults)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in answer.json()["faults"][0]["message"])
    assert (await draws.person("auditor").get(path)).status_code == 404, "nothing of it is kept"


async def test_one_person_types_and_another_confirms_the_same_document(draws: Draws) -> None:
    round_id = await opened(draws)
    path = f"/draw/v1/rounds/{round_id}/lots"

    async def confirm(role: str, content_hash: str) -> tuple[int, str]:
        answer = await draws.person(role).post(f"{path}/confirm", {"content_hash": content_hash})
        return answer.status_code, str(answer.json().get("code"))

    assert await confirm("legal", "a" * 64) == (409, "wrong_state")
    first = await draws.deed("operator", round_id, "lots", drawn_by_hand())
    changed = drawn_by_hand() | {"place": "市政务服务大厅"}
    second = await draws.deed("operator", round_id, "lots", changed)
    assert await confirm("operator", second["content_hash"]) == (403, "same_person")
    assert await confirm("legal", first["content_hash"]) == (422, "lots_mismatch")
    shown = (await draws.person("legal").get(path)).json()
    assert LotsRequest.model_validate(shown["content"]) == LotsRequest.model_validate(changed)
    assert (await confirm("legal", second["content_hash"]))[0] == 200
    assert await confirm("legal", second["content_hash"]) == (409, "wrong_state")
    again = await draws.person("operator").post(path, changed)
    assert again.status_code == 409
    assert (await draws.read(round_id))["lots"]["place"] == "市政务服务大厅"


async def test_lots_and_a_seed_never_mix(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    tasks = await draws.plan(HR_TASK, LD_TASK)
    seeded = await draws.open(await draws.plan(HR_TASK, LD_TASK))
    by_hand = await draws.open(tasks, **BY_HAND)
    await draws.sign_freeze(seeded)
    frozen = await draws.until(by_hand, "frozen")
    early = await draws.person("operator").post(f"/draw/v1/rounds/{by_hand}/lots", drawn_by_hand())
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state"), (
        "not before the freeze is witnessed"
    )
    await draws.deed("legal", by_hand, "sign-freeze", {"inputs_hash": frozen["inputs_hash"]})
    assert (await draws.read(by_hand))["state"] == "frozen", "there is no manifest"
    for role, path, body in (
        ("operator", "commitments", {"name": "operator", "commitment": "a" * 64}),
        ("operator", "reveals", {"name": "operator", "secret": "a" * 64}),
        ("operator", "dice", {"value": DICE}),
        ("legal", "dice/confirm", {"value": DICE}),
        ("operator", "beacon", {"round": 1, "signature": "a" * 96}),
    ):
        answer = await draws.person(role).post(f"/draw/v1/rounds/{by_hand}/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "physical_lots"), path
    for path, body in (("lots", drawn_by_hand()), ("lots/confirm", {"content_hash": "a" * 64})):
        answer = await draws.person("operator").post(f"/draw/v1/rounds/{seeded}/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "seeded_round"), path
    wanted = {
        "task_ids": tasks, "reveal_by": "2027-11-23T00:00:00Z", "inspect_from": "2026-11-23",
        "inspect_to": "2026-12-10", **BY_HAND,
    }  # fmt: skip
    for more in (
        {"contributors": ["operator"]}, {"dice": True}, {"beacon": "next"}, {"embargo": "legal"},
        {"substitutes": "fresh_beacon"}, {"disclosure": "sealed"},
    ):  # fmt: skip
        answer = await draws.person("operator").post("/draw/v1/rounds", wanted | more)
        assert answer.status_code == 422 and "人工抽签" in answer.json()["detail"], more


async def test_a_round_by_hand_is_voided_and_repeated_as_any_other(draws: Draws) -> None:
    round_id = await opened(draws, HR_TASK)
    drawn = await recorded(draws, round_id, drawn_by_hand(("HR",)))
    await draws.void(round_id, "procedure_breach", "箱内少放一签")
    again = await draws.deed("operator", round_id, "repeat", {"reveal_by": drawn["reveal_by"]}, 202)
    await draws.sign_freeze(again["id"])
    await recorded(draws, again["id"], drawn_by_hand(("HR",)))
    await draws.finish(again["id"])
    attempts = (await draws.anyone.get(f"/public/draws/{drawn['draw_id']}")).json()
    assert [(one["attempt"], one["state"], one["basis"]) for one in attempts] == [
        (1, "void", "physical"), (2, "completed", "physical"),
    ]  # fmt: skip
    (event,) = await draws.emitted("draw_completed")
    assert [one["attempt"] for one in event["voided"]] == [1]


async def test_lots_that_nobody_records_in_time_void_the_attempt(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK), seconds=6, **BY_HAND)
    await draws.sign_freeze(round_id)
    void = await draws.until(round_id, "void")
    assert void["void_reason"] == "截至揭示截止时间缺少：人工抽签、摇号的结果"


async def test_whoever_steps_in_is_the_next_recorded_one_and_nobody_else(draws: Draws) -> None:
    round_id = await opened(draws, HR_TASK)
    content = drawn_by_hand(("HR",))
    (substitute, _) = content["results"][0]["substitutes"]
    content["results"][0]["substitutes"] = [substitute]
    await recorded(draws, round_id, content)
    await draws.finish(round_id)

    async def step_in(who: dict[str, Any], status: int = 200) -> dict[str, Any]:
        code = "cancelled" if who["kind"] == "object" else "force_majeure"
        body = {"who": who, "reason_code": code, "reason": "不可抗力", "evidence": "e" * 64}
        asked = await draws.deed("operator", round_id, "substitutions", body, 201)
        return await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve", None, status)

    inspector = {"kind": "inspector", "object_id": object_id(1), "crew": "LDJC", "out": "I003"}
    assert (await step_in(inspector))["outcome"] == {"in": "I007"}
    refused = await step_in(inspector | {"out": "I005"}, 422)
    assert refused["code"] == "substitution_refused" and object_id(1) in refused["detail"]
    out = {"kind": "object", "list_code": "HR", "stratum": "A", "out": object_id(0)}
    assert (await step_in(out))["outcome"] == {"in": substitute, "rank": 7, "team": ["I003", "I005"]}
    assert (await step_in(out, 422))["code"] == "substitution_refused"
    used_up = await step_in(out | {"out": substitute})
    assert used_up["outcome"] == {"in": None, "rank": None, "team": []}
    events = await draws.emitted("substitution_made")
    assert [(one["out"], one["into"]) for one in events] == [
        ("I003", "I007"), (object_id(0), substitute), (substitute, ""),
    ]  # fmt: skip


async def test_the_log_takes_lots_only_upon_a_freeze_without_commitments(draws: Draws) -> None:
    round_id = await opened(draws, HR_TASK)
    shown = await recorded(draws, round_id, drawn_by_hand(("HR",)))
    lines = (await draws.anyone.get("/public/log/entries", params={"from": 0})).json()["entries"]
    entries = [
        one for one in read_entries("\n".join(lines).encode(), "log") if one.draw_id == shown["draw_id"]
    ]
    (attempt,) = history(entries)
    assert attempt.state is states.State.DRAWN and attempt.lots == entries[-1]
    assert [state for state in states.State if states.Event.LOTS in states.allowed(state)] == [
        states.State.FROZEN
    ]

    def following(before: list[Any], event: states.Event, body: dict[str, Any]) -> list[Any]:
        last = before[-1]
        made = make_entry(
            index=last.index + 1, time=entries[-1].time, draw_id=last.draw_id, attempt=1, event=event, body=body,
            before=last,
        )  # fmt: skip
        return [*before, made]

    lots = dict(entries[-1].body)
    committed = following(entries[:-1], states.Event.COMMITMENT, {"name": "legal", "c": "a" * 64})
    with pytest.raises(RidError, match="commitments"):
        history(following(committed, states.Event.LOTS, lots))
    with pytest.raises(RidError, match="not allowed"):
        history(following(entries, states.Event.COMMITMENT, {"name": "legal", "c": "a" * 64}))
    with pytest.raises(RidError, match="another person"):
        following(entries[:-1], states.Event.LOTS, lots | {"confirmed_by": lots["typed_by"]})
