"""What a round refuses: wrong state, role, person, secret, and registers that no draw can be held from."""

from uuid import UUID

from holding import DICE, HR_TASK, LD_TASK, SECRETS, Draws, object_id
from rid1.seed import commitment
from rid1.suites import S256
from suicha_chassis import testing
from suicha_chassis.scope import SYSTEM
from suicha_draw.models import Task


async def refusal(draws: Draws, role: str, round_id: str, path: str, body: object = None) -> tuple[int, str]:
    answer = await draws.person(role).post(f"/draw/v1/rounds/{round_id}/{path}", body)
    return answer.status_code, answer.json().get("code", "")


async def test_every_deed_out_of_its_state_is_refused_with_the_state(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.until(round_id, "frozen")
    deeds = {
        "reveals": ("legal", {"name": "legal", "secret": SECRETS["legal"]}),
        "dice": ("operator", {"value": DICE}),
        "dice/confirm": ("legal", {"value": DICE}),
        "sign": ("legal", {"result_hash": "0" * 64}),
        "repeat": ("operator", {"reveal_by": "2099-01-01T00:00:00Z"}),
        "freeze": ("operator", {}),
        "void/confirm": ("legal", {"content_hash": "0" * 64}),
        "void/withdraw": ("legal", None),
    }
    for path, (role, body) in deeds.items():
        answer = await draws.person(role).post(f"/draw/v1/rounds/{round_id}/{path}", body)
        assert (answer.status_code, answer.json().get("state")) == (409, "frozen"), path
    assert (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/bundle")).status_code == 409
    await draws.hold(round_id)
    late = {"name": "legal", "commitment": "0" * 64}
    assert await refusal(draws, "legal", round_id, "commitments", late) == (409, "wrong_state")


async def test_everybody_acts_only_in_the_own_part(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    task_ids = await draws.plan(HR_TASK)
    round_id = await draws.open(task_ids)
    draw_id = (await draws.until(round_id, "frozen"))["draw_id"]
    c = commitment(S256, draw_id, "legal", SECRETS["legal"])
    foreign = {"name": "legal", "commitment": c}
    assert await refusal(draws, "operator", round_id, "commitments", foreign) == (403, "not_your_part")
    assert await refusal(draws, "planner", round_id, "commitments", foreign) == (403, "forbidden")
    assert await refusal(draws, "operator", round_id, "sign", {"result_hash": c}) == (403, "forbidden")
    body = {
        "task_ids": task_ids,
        "reveal_by": "2099-01-01T00:00:00Z",
        "inspect_from": "2026-11-23",
        "inspect_to": "2026-12-10",
    }
    for role in ("legal", "planner", "auditor"):
        assert (await draws.person(role).post("/draw/v1/rounds", body)).status_code == 403


async def test_secrets_and_dice_are_checked_against_what_was_fixed_before(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    draw_id = (await draws.until(round_id, "frozen"))["draw_id"]
    c = commitment(S256, draw_id, "legal", SECRETS["legal"])
    await draws.deed("legal", round_id, "commitments", {"name": "legal", "commitment": c})
    again = {"name": "legal", "commitment": "0" * 64}
    assert await refusal(draws, "legal", round_id, "commitments", again) == (409, "already_done")
    c = commitment(S256, draw_id, "operator", SECRETS["operator"])
    await draws.deed("operator", round_id, "commitments", {"name": "operator", "commitment": c})
    await draws.sign_freeze(round_id)

    wrong = {"name": "legal", "secret": "9" * 64}
    assert await refusal(draws, "legal", round_id, "reveals", wrong) == (422, "reveal_mismatch")
    await draws.deed("operator", round_id, "dice", {"value": DICE})
    assert await refusal(draws, "operator", round_id, "dice/confirm", {"value": DICE}) == (403, "same_person")
    other = DICE[:-1] + "7"
    assert await refusal(draws, "legal", round_id, "dice/confirm", {"value": other}) == (422, "dice_mismatch")
    await draws.deed("legal", round_id, "dice/confirm", {"value": DICE})
    assert await refusal(draws, "operator", round_id, "dice", {"value": other}) == (409, "already_done")
    for name, secret in SECRETS.items():
        await draws.deed(name, round_id, "reveals", {"name": name, "secret": secret})
    await draws.until(round_id, "drawn")
    false = {"result_hash": "0" * 64}
    assert await refusal(draws, "legal", round_id, "sign", false) == (422, "result_hash_mismatch")


async def test_objects_without_staff_are_named_one_by_one_and_the_freeze_can_be_tried_again(
    draws: Draws,
) -> None:
    await draws.know("410300-rsj@2022.1")
    full = draws.registry.inspectors
    draws.registry.inspectors = [row for row in full if row[0] in {"I001", "I005", "I000", "I002"}]
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK))

    async def problems() -> list[dict[str, str]]:
        return list((await draws.read(round_id))["problems"])

    (problem,) = await testing.eventually(problems)
    assert (problem["code"], problem["object_id"]) == ("unstaffable", object_id(3))
    assert problem["message"] == (
        f"对象 {object_id(3)} 无法配齐检查人员：队伍 LDJC、单位 410300-RSJ 可派 1 人，需 2 人"
    )
    assert (await draws.read(round_id))["state"] == "draft"
    draws.registry.inspectors = full
    await draws.deed("operator", round_id, "freeze", {}, 202)
    frozen = await draws.until(round_id, "frozen")
    assert frozen["problems"] == []
    assert draws.registry.requests[0].request_id != draws.registry.requests[-1].request_id


async def test_a_draft_is_withdrawn_by_two_people(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    draws.registry.objects["HR"] = []
    round_id = await draws.open(await draws.plan(HR_TASK))

    async def problems() -> list[dict[str, str]]:
        return list((await draws.read(round_id))["problems"])

    (problem,) = await testing.eventually(problems)
    assert problem["code"] == "list_empty"
    assert (await draws.void(round_id, "list_wrong", "名录为空"))["state"] == "withdrawn"
    assert await refusal(draws, "operator", round_id, "freeze", {}) == (409, "wrong_state")
    draw_id = (await draws.read(round_id))["draw_id"]
    (change,) = (await draws.anyone.get(f"/public/draws/{draw_id}/changes")).json()
    assert (change["kind"], change["by"], change["evidence"]) == (
        "withdrawal",
        ["operator", "legal"],
        "e" * 64,
    )
    assert change["reason"].endswith("名录为空") and change["at"].endswith("Z")
    unknown = await draws.anyone.get("/public/draws/410300-1999-0001/changes")
    assert unknown.status_code == 404


async def test_a_kind_that_is_not_drawn_does_not_slip_in_when_the_round_is_opened(draw_api: Draws) -> None:
    """P16: a plan refuses such a task; one that is on record all the same is refused again, with the clause."""
    lower = {"value": 2, "clause": "四", "level": "local"}
    rules = await draw_api.know("410482-rsj@2022.1", region="410300", team={"minimum": lower})
    tasks = await draw_api.plan(HR_TASK, ruleset="410482-rsj")
    async with draw_api.db.transaction(SYSTEM) as session:
        task = await session.get(Task, UUID(tasks[0]))
        assert task is not None
        task.content = task.content | {"kind": "complaint_case"}
    answer = await draw_api.ask(tasks)
    assert (answer.status_code, answer.json()["code"]) == (422, "outside_random_draws")
    assert rules.selection.outside_random_draws.clause in answer.json()["detail"]


async def test_a_stratum_without_a_ratio_is_named(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    draws.registry.objects["HR"].append((object_id(999), "U", "410300-RSJ"))
    round_id = await draws.open(await draws.plan(HR_TASK))

    async def problems() -> list[dict[str, str]]:
        return list((await draws.read(round_id))["problems"])

    (problem,) = await testing.eventually(problems)
    assert problem["code"] == "stratum_without_ratio" and "1 家属于层 U" in problem["message"]


async def test_a_registry_that_is_down_only_delays(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    draws.registry.answers = 503
    round_id = await draws.open(await draws.plan(HR_TASK))

    async def asked() -> int:
        return draws.registry.refused

    await testing.eventually(asked)
    assert (await draws.read(round_id))["state"] == "draft"
    draws.registry.answers = None
    await draws.until(round_id, "frozen")


async def test_tasks_that_do_not_fit_together_are_refused(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    same_code = await draws.plan(HR_TASK, LD_TASK | {"list_code": "HR"})
    body = {"reveal_by": "2099-01-01T00:00:00Z", "inspect_from": "2026-11-23", "inspect_to": "2026-12-10"}
    operator = draws.person("operator")
    answer = await operator.post("/draw/v1/rounds", body | {"task_ids": same_code})
    assert (answer.status_code, answer.json()["code"]) == (422, "tasks_do_not_fit")
    one = {"task_ids": same_code[:1]}
    answer = await operator.post("/draw/v1/rounds", body | one | {"contributors": ["legal"]})
    assert answer.json()["code"] == "seed_sources"
    answer = await operator.post("/draw/v1/rounds", body | one | {"reveal_by": "2020-01-01T00:00:00Z"})
    assert answer.json()["code"] == "invalid"
    made = (
        await draws.person("planner").post("/draw/v1/plans", {"year": 2026, "ruleset_id": "410300-rsj"})
    ).json()
    task = (await draws.person("planner").post(f"/draw/v1/plans/{made['id']}/tasks", HR_TASK)).json()
    answer = await operator.post("/draw/v1/rounds", body | {"task_ids": [task["id"]]})
    assert "尚未公布" in answer.json()["detail"]
