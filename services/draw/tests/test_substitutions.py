"""After the draw: the next in order steps in, and nobody chooses who."""

import csv
import io
from typing import Any

from holding import HR_TASK, LD_TASK, Draws, object_id
from openpyxl import load_workbook
from suicha_draw.rounds.exporting import cell


async def substitute(draws: Draws, round_id: str, who: dict[str, Any]) -> dict[str, Any]:
    code = "cancelled" if who["kind"] == "object" else "force_majeure"
    body = {"who": who, "reason_code": code, "reason": "不可抗力", "evidence": "e" * 64}
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

    async def why(object_id: str) -> dict[str, Any]:
        lists = (await auditor.get(f"{path}/objects/{object_id}/why")).json()["lists"]
        return dict(next(one for one in lists if one["list_code"] == "HR"))

    left, came, other = [await why(ranks[rank]["object_id"]) for rank in (3, 8, 1)]
    assert [one["standing"] for one in (left, came, other)] == ["dropped_out", "stepped_in", "selected"]
    assert "不可抗力" in left["explanation"] and f"{ranks[8]['object_id']}递补" in left["explanation"]
    assert ranks[3]["object_id"] in came["explanation"] and came["clause"] in came["explanation"]
    assert (left["rank"], came["rank"]) == (3, 8), "where they were drawn stays"

    again = {"who": gone, "reason_code": "moved", "reason": "再次", "evidence": "e" * 64}
    twice = await draws.deed("operator", round_id, "substitutions", again, 201)
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


async def test_changes_by_hand_are_public_and_the_exported_table_shows_who_serves_now(draws: Draws) -> None:
    await draws.know("410482-rsj@2022.1", team={"minimum": {"value": 2, "clause": "四", "level": "local"}})
    round_id = await draws.open(await draws.plan(HR_TASK, LD_TASK, ruleset="410482-rsj"))
    await draws.hold(round_id)
    path = f"/draw/v1/rounds/{round_id}"
    auditor = draws.person("auditor")
    assert (await auditor.get(f"{path}/export")).status_code == 409, "not before it is completed"
    done = await draws.finish(round_id)
    results = (await auditor.get(f"{path}/results", params={"limit": 500})).json()["items"]
    matches = (await auditor.get(f"{path}/matches", params={"limit": 500})).json()["items"]
    first = next(one for one in results if (one["list_code"], one["stratum"], one["rank"]) == ("HR", "B", 1))
    gone = {"kind": "object", "list_code": "HR", "stratum": "B", "out": first["object_id"]}
    stepped_in = (await substitute(draws, round_id, gone))["outcome"]["in"]
    match = next(one for one in matches if one["crew"] == "LDJC" and one["object_id"] != first["object_id"])
    who = {"kind": "inspector", "object_id": match["object_id"], "crew": "LDJC", "out": match["team"][0]}
    body = {"who": who, "reason_code": "recusal", "reason": "近亲属", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    replaced = await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")

    changes = (await draws.anyone.get(f"/public/draws/{done['draw_id']}/changes")).json()
    assert [one["kind"] for one in changes] == ["exemption", "recusal", "substitution", "substitution"]
    exemption, recusal, objects, people = changes
    assert exemption["clause"] == "三（三）" and exemption["by"] == ["operator"]
    assert "1 人次" in recusal["text"]
    assert objects["by"] == people["by"] == ["operator", "legal"] and objects["at"] and people["evidence"]
    assert stepped_in in objects["text"] and objects["reason"] == "已注销、吊销或撤销：不可抗力"
    assert people["reason"] == "应予回避：近亲属" and people["clause"] == "四"
    assert (await draws.anyone.get("/public/draws/410300-1999-0001/changes")).status_code == 404

    table = list(
        csv.DictReader(io.StringIO((await auditor.get(f"{path}/export")).content.decode("utf-8-sig")))
    )
    assert len(table) == len(results)
    rows = {(row["名单"], row["统一社会信用代码/注册号"]): row for row in table}
    assert rows["HR", first["object_id"]]["抽取结果"] == "已退出"
    assert rows["HR", stepped_in]["抽取结果"] == "递补"
    assert rows["HR", match["object_id"]]["检查人员"].split("、")[0] == replaced["outcome"]["in"]
    for one in results:
        row = rows[one["list_code"], one["object_id"]]
        assert (row["排位"], row["检查对象名称"]) == (str(one["rank"]), f"企业{one['object_id']}")
        assert "/" in row["被抽中的概率"]
    book = load_workbook(io.BytesIO((await auditor.get(f"{path}/export", params={"format": "xlsx"})).content))
    cells = [[cell.value or "" for cell in row] for row in book.active.iter_rows()]
    assert cells[0] == list(table[0]) and cells[1:] == [list(row.values()) for row in table]


async def test_nothing_is_replaced_before_the_round_is_complete(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    who = {"kind": "object", "list_code": "HR", "stratum": "A", "out": object_id(0)}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    answer = await draws.person("operator").post(f"/draw/v1/rounds/{round_id}/substitutions", body)
    assert (answer.status_code, answer.json()["state"]) == (409, "drawn")


async def test_only_reasons_that_the_ruleset_or_the_law_knows_let_somebody_step_in(draws: Draws) -> None:
    await draws.know("410482-rsj@2022.1", team={"minimum": {"value": 2, "clause": "四", "level": "local"}})
    round_id = await draws.open(await draws.plan(HR_TASK, ruleset="410482-rsj"))
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    match = (await draws.person("auditor").get(f"/draw/v1/rounds/{done['id']}/matches")).json()["items"][0]
    who = {"kind": "inspector", "object_id": match["object_id"], "crew": "LDJC", "out": match["team"][0]}
    gone = {"kind": "object", "list_code": "HR", "stratum": "A", "out": object_id(0)}
    path = f"/draw/v1/rounds/{round_id}/substitutions"
    for wanted, code, status in (
        (who, "force_majeure", 422), (who, "dislike", 422), (who, "recusal", 201),
        (who, "other_official_duty", 201), (gone, "recusal", 422), (gone, "case_filed", 201),
    ):  # fmt: skip
        body = {"who": wanted, "reason_code": code, "reason": "理由", "evidence": "e" * 64}
        answer = await draws.person("operator").post(path, body)
        assert answer.status_code == status, (code, answer.text)
        if status == 422:
            assert answer.json()["code"] == "reason_not_allowed"


def test_a_cell_that_a_spreadsheet_would_reckon_is_text() -> None:
    assert [cell(text) for text in ("=1+1", "@x", "-1", "有限公司", "")] == [
        "'=1+1",
        "'@x",
        "'-1",
        "有限公司",
        "",
    ]
