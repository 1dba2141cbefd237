"""After the draw: the next in order steps in, and nobody chooses who."""

from typing import Any

from holding import HR_TASK, LD_TASK, Draws, object_id


async def substitute(draws: Draws, round_id: str, who: dict[str, Any]) -> dict[str, Any]:
    body = {"who": who, "reason": "不可抗力", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    return await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")


async def test_the_next_rank_steps_in_for_an_object_and_takes_over_its_team(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK))
    await draws.hold(round_id)
    await draws.finish(round_id)
    path, all_rows = f"/draw/v1/rounds/{round_id}", {"limit": 500}
    auditor = draws.person("auditor")
    results = (await auditor.get(f"{path}/results", params=all_rows)).json()["items"]
    ranks = {row["rank"]: row for row in results if (row["list_code"], row["stratum"]) == ("HR", "B")}
    assert [ranks[rank]["kind"] for rank in (7, 8)] == ["S", "R"]
    gone = {"kind": "object", "list_code": "HR", "stratum": "B", "out": ranks[3]["object_id"]}
    first = await substitute(draws, round_id, gone)
    assert (first["outcome"]["in"], first["outcome"]["rank"]) == (ranks[8]["object_id"], 8)
    assert len(set(first["outcome"]["team"])) == 2

    twice = await draws.deed("operator", round_id, "substitutions",
                             {"who": gone, "reason": "再次", "evidence": "e" * 64}, 201)  # fmt: skip
    own = await draws.person("operator").post(f"{path}/substitutions/{twice['id']}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    refused = await draws.person("legal").post(f"{path}/substitutions/{twice['id']}/approve")
    assert (refused.status_code, refused.json()["code"]) == (422, "substitution_refused")
    assert ranks[3]["object_id"] in refused.json()["detail"]

    matches = (await auditor.get(f"{path}/matches", params=all_rows)).json()["items"]
    match = next(
        row for row in matches if row["object_id"] == ranks[1]["object_id"] and row["crew"] == "LDJC"
    )
    who = {"kind": "inspector", "object_id": match["object_id"], "crew": "LDJC", "out": match["team"][0]}
    second = await substitute(draws, round_id, who)
    assert second["outcome"]["in"] == match["alternates"][0]

    done = (await auditor.get(path)).json()
    logged = [line["body"] for line in done["log"] if line["event"] == "substitution"]
    assert [body["by"] for body in logged] == [["operator", "legal"]] * 2
    events = await draws.emitted("substitution_made")
    assert [(one["kind"], one["out"], one["into"]) for one in events] == [
        ("object", ranks[3]["object_id"], ranks[8]["object_id"]),
        ("inspector", match["team"][0], match["alternates"][0]),
    ]
    shown = (await auditor.get(f"{path}/substitutions")).json()["items"]
    assert [one["approved_by"] for one in shown] == ["legal", None, "legal"]


async def test_nothing_is_replaced_before_the_round_is_complete(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    who = {"kind": "object", "list_code": "HR", "stratum": "A", "out": object_id(0)}
    body = {"who": who, "reason": "注销", "evidence": "e" * 64}
    answer = await draws.person("operator").post(f"/draw/v1/rounds/{round_id}/substitutions", body)
    assert (answer.status_code, answer.json()["state"]) == (409, "drawn")
