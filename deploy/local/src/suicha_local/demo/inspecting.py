"""Scripted inspectors: they fill the record form, answer every check, sign, and follow problems up."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from suicha_local.demo.client import Gateway, Session, china_today, wait_for

PHOTO = b"\x89PNG\r\n\x1a\n" + b"demonstration evidence, not a real photograph"


@dataclass
class Inspected:
    """What the season's inspections came to."""

    visits: int = 0
    checks: int = 0
    joint: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def visits_of(gateway: Gateway, round_id: str) -> list[dict[str, Any]]:
    """Return all visits of a round, as the operator sees them, in the order of their objects."""
    found = gateway.sign_in("operator").pages("/inspection/v1/visits", round_id=round_id, limit=200)
    return sorted(found, key=lambda visit: str(visit["object_id"]))


def inspect_all(
    gateway: Gateway,
    round_id: str,
    expected: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    workers: int = 4,
) -> Inspected:
    """Wait for the visits of a round, then carry every one of them out up to the approved review."""

    def arrived() -> list[dict[str, Any]] | None:
        found = visits_of(gateway, round_id)
        return found if len(found) >= expected else None

    visits: list[dict[str, Any]] = wait_for("检查任务由事件生成", arrived)
    outcome, lock = Inspected(), threading.Lock()

    def one(position: int) -> None:
        kind = script_for(position)
        checks = inspect(gateway, str(visits[position]["id"]), kind)
        with lock:
            outcome.visits += 1
            outcome.checks += checks
            outcome.joint += checks > 1
            outcome.kinds[kind] += 1
            progress(outcome.visits, len(visits))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(len(visits))))
    return outcome


def script_for(position: int) -> str:
    """Say how the visit at a position goes: one refuses to sign, one is gone, a few have violations."""
    return {0: "refused", 1: "untraceable", 2: "violation", 3: "violation", 4: "clue"}.get(position, "normal")


def inspect(gateway: Gateway, visit_id: str, kind: str) -> int:
    """Carry out one visit; return how many departments' checks it had.

    Every step looks at what is already there, so that it can be repeated after anything went wrong.
    """
    path = f"/inspection/v1/visits/{visit_id}"
    visit = gateway.sign_in("reviewer").get(path)
    crews = _officers_by_crew(visit)
    leader = _inspector(gateway, next(iter(crews.values()))[0])
    if visit["state"] == "assigned":
        leader.post(
            f"{path}/start",
            {
                "mode": "onsite",
                "present": [officer for officers in crews.values() for officer in officers],
                "licences_shown": True,
                "at": datetime.now(UTC).isoformat(),
            },
        )
    if visit["state"] in {"assigned", "started"}:
        _record(gateway, path, crews, leader, kind)
        leader.post(f"{path}/submit", {"finished_on": china_today().isoformat()})
    if leader.get(path)["state"] == "submitted":
        gateway.sign_in("reviewer").post(f"{path}/review", {"decision": "approve", "comment": "同意"})
    if kind == "violation":
        _close_follow_ups(gateway, path)
    return len(visit["checks"])


def _officers_by_crew(visit: dict[str, Any]) -> dict[str, list[str]]:
    crews: dict[str, list[str]] = {}
    for member in visit["team"]:
        if member["kind"] == "team":
            crews.setdefault(member["crew"], []).append(member["id"])
    return crews


def _inspector(gateway: Gateway, inspector_id: str) -> Session:
    return gateway.sign_in(f"inspector:{inspector_id}")


def _record(gateway: Gateway, path: str, crews: dict[str, list[str]], leader: Session, kind: str) -> None:
    visit = leader.get(path)
    if kind == "untraceable" and visit["untraceable"] is None:
        leader.post(
            f"{path}/untraceable",
            {"reason": "登记住所已无人办公，邻近商户称已搬离", "evidence": [_evidence(leader, path)]},
        )
        visit = leader.get(path)
    for check in visit["checks"]:
        recorder = _inspector(gateway, crews[check["crew"]][0])
        recorder.put(
            f"{path}/checks/{check['id']}", _entry(check, kind), **{"If-Match": f'"{check["version"]}"'}
        )
    if kind in {"violation", "clue", "untraceable"} and not visit["follow_ups"]:
        leader.post(f"{path}/follow-ups", _follow_up(kind))
    for officers in crews.values():
        for officer in officers:
            _inspector(gateway, officer).post(f"{path}/signatures", {"role": "officer", "state": "signed"})
    if kind == "refused":
        leader.post(
            f"{path}/signatures",
            {"role": "representative", "state": "refused", "reason": "负责人阅看记录后拒绝签字"},
        )
        leader.post(f"{path}/signatures", {"role": "witness", "state": "signed", "name": "示范社区见证人"})
    elif kind != "untraceable":
        leader.post(f"{path}/signatures", {"role": "representative", "state": "signed", "name": "示范负责人"})


def _evidence(officer: Session, path: str) -> str:
    digest = officer.upload("/inspection/v1/uploads", PHOTO)
    stored = officer.post(
        f"{path}/evidence",
        {
            "upload_sha256": digest,
            "name": "现场照片.png",
            "media_type": "image/png",
            "taken_at": datetime.now(UTC).isoformat(),
        },
    )
    return str(stored["id"])


def _entry(check: dict[str, Any], kind: str) -> dict[str, Any]:
    """Fill in a whole check: every question answered, a result for every item."""
    result = {"violation": "5", "clue": "8", "untraceable": "4"}.get(kind, "1")
    items = []
    for number, item in enumerate(check["items"]):
        own = result if number == 0 or kind == "untraceable" else "1"
        answers = {} if kind == "untraceable" else {
            question["key"]: _answer(question, own) for question in item["form"]["questions"]
        }  # fmt: skip
        items.append({"item_code": item["code"], "answers": answers, "result": own})
    opinion = {
        "violation": "发现未按规定公示有关信息，责令限期改正",
        "clue": "发现案件线索，移送办案机构",
        "untraceable": "通过登记的住所无法取得联系",
    }.get(kind, "未发现问题")
    return {"items": items, "opinion": opinion, "remark": ""}


def _answer(question: dict[str, Any], result: str) -> Any:
    """Answer a question in a way that needs no evidence; a question for the result says the result."""
    named = [one for one in question["options"] if one.split(" ")[0] == result]
    if named:
        return named[0]
    match question["type"]:
        case "choice" | "yes_no":
            options = question["options"] or ["是", "否"]
            harmless = [one for one in options if one not in question["evidence_required_if"]]
            return (harmless or options)[0]
        case "number":
            return 0
        case "date":
            return china_today().isoformat()
        case _:
            return "已现场核对"


def _follow_up(kind: str) -> dict[str, Any]:
    due = (china_today() + timedelta(days=10)).isoformat()
    if kind == "violation":
        return {"kind": "order_correction", "description": "责令十日内改正", "due_on": due}
    if kind == "clue":
        return {
            "kind": "case_clue",
            "description": "移交劳动保障监察支队办案机构",
            "due_on": due,
            "receiving_body": "劳动保障监察支队",
        }
    return {"kind": "stop_and_report", "description": "停止检查，反馈日常监管部门", "due_on": due}


def _close_follow_ups(gateway: Gateway, path: str) -> None:
    reviewer = gateway.sign_in("reviewer")
    for one in reviewer.get(path)["follow_ups"]:
        if one.get("closed_on") is None:
            reviewer.post(
                f"/inspection/v1/follow-ups/{one['id']}/close",
                {"outcome": "已改正，经复查属实", "receipt_no": ""},
            )
