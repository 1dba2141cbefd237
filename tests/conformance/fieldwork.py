"""Inspections of this folder's own: rounds over own plans, and people who carry visits out step by step.

Everything goes through the gateway, as any front end would. The season's plan and round are left alone.
"""

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import yaml
from suicha_local.demo import drawing
from suicha_local.demo.client import DemoError, Gateway, china_today, wait_for
from suicha_local.home import Home, project_root

HR, DISPATCH, SHOPS = "HR", "LD", "SHOP"
RULES = "410300-conf"
_UNANSWERED = {"4", "6"}
"""Results that say why the form could not be answered (S0 annex 2)."""
THIRTY_DAYS, INTO_NEXT_YEAR = "410300-conf-30", "410300-conf-270"


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Make sure that a request was refused as expected, in Chinese; return the problem document."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body.get("code")) == (status, code), answer.text
    assert any("\u4e00" <= char <= "\u9fff" for char in body["title"])
    return body


def ok(answer: httpx.Response) -> Any:
    """Make sure that a request was accepted; return what it answered."""
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


@dataclass
class People:
    """Everyone who talks to the gateway, by the name of the demonstration user."""

    gateway: Gateway
    http: httpx.Client

    def ask(
        self,
        user: str,
        method: str,
        path: str,
        body: Any = None,
        content: bytes | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Send one request as a user, exactly once; "" is a citizen."""
        sent = {"Idempotency-Key": uuid4().hex} if method != "GET" else {}
        if user:
            sent["Authorization"] = f"Bearer {self.gateway.token(user)}"
        return self.http.request(method, path, json=body, content=content, headers=sent | headers)

    def get(self, user: str, path: str) -> Any:
        """Read as a user."""
        return ok(self.ask(user, "GET", path))

    def post(self, user: str, path: str, body: Any = None) -> Any:
        """Write as a user."""
        return ok(self.ask(user, "POST", path, {} if body is None else body))


@dataclass
class Visit:
    """One visit, and its own officers doing one thing at a time."""

    people: People
    id: str
    crews: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for member in self.detail()["team"]:
            if member["kind"] == "team":
                self.crews.setdefault(member["crew"], []).append(member["id"])

    @property
    def path(self) -> str:
        return f"/inspection/v1/visits/{self.id}"

    @property
    def team(self) -> list[str]:
        return [one for officers in self.crews.values() for one in officers]

    @property
    def leader(self) -> str:
        return f"inspector:{self.team[0]}"

    def detail(self, user: str = "reviewer") -> dict[str, Any]:
        found: dict[str, Any] = self.people.get(user, self.path)
        return found

    def do(self, path: str, body: Any = None, user: str = "", method: str = "POST") -> httpx.Response:
        return self.people.ask(
            user or self.leader, method, f"{self.path}/{path}", {} if body is None else body
        )

    def start(self, **changes: Any) -> httpx.Response:
        body = {
            "mode": "onsite",
            "present": self.team,
            "licences_shown": True,
            "at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
        }
        return self.do("start", body | changes)

    def entry(self, check: dict[str, Any], result: str | None = "1", **changes: Any) -> dict[str, Any]:
        items = []
        for item in check["items"]:
            asked = [] if result in _UNANSWERED else item["form"]["questions"]
            answers = {question["key"]: _answer(question, result or "1") for question in asked}
            items.append({"item_code": item["code"], "answers": answers, "result": result})
        return {"items": items, "opinion": "已核对", "remark": ""} | changes

    def record(
        self, check: dict[str, Any], entry: dict[str, Any], user: str = "", version: int | None = None
    ) -> httpx.Response:
        tag = f'"{version or check["version"]}"'
        officer = user or f"inspector:{self.crews[check['crew']][0]}"
        path = f"{self.path}/checks/{check['id']}"
        return self.people.ask(officer, "PUT", path, entry, **{"If-Match": tag})

    def record_all(self, result: str = "1", **changes: Any) -> None:
        for check in self.detail()["checks"]:
            ok(self.record(check, self.entry(check, result, **changes)))

    def evidence(self, content: bytes = b"conformance evidence", **fields: Any) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        ok(self.people.ask(self.leader, "PUT", f"/inspection/v1/uploads/{digest}", content=content))
        body = {
            "upload_sha256": digest,
            "name": "现场视频.mp4",
            "media_type": "video/mp4",
            "taken_at": datetime.now(UTC).isoformat(),
        }
        added: dict[str, Any] = ok(self.do("evidence", body | fields))
        return added

    def sign(self, representative: bool = True) -> None:
        for one in self.team:
            ok(self.do("signatures", {"role": "officer", "state": "signed"}, f"inspector:{one}"))
        if representative:
            ok(self.do("signatures", {"role": "representative", "state": "signed", "name": "示范负责人"}))

    def follow_up(self, kind: str = "order_correction", **fields: Any) -> dict[str, Any]:
        due = (china_today() + timedelta(days=10)).isoformat()
        body = {"kind": kind, "description": "责令十日内改正", "due_on": due}
        added: dict[str, Any] = ok(self.do("follow-ups", body | fields))
        return added

    def finish_follow_up(self, one: dict[str, Any], receipt_no: str = "") -> None:
        body = {"outcome": "已改正，经复查属实", "receipt_no": receipt_no}
        self.people.post("reviewer", f"/inspection/v1/follow-ups/{one['id']}/close", body)

    def submit(self, finished_on: date | None = None) -> httpx.Response:
        return self.do("submit", {"finished_on": (finished_on or china_today()).isoformat()})

    def approve(self) -> None:
        ok(self.do("review", {"decision": "approve", "comment": "同意"}, "reviewer"))

    def closed(self, result: str = "1", on: date | None = None, **changes: Any) -> "Visit":
        """Carry the visit out with one result for every item, up to the approved review."""
        day = on or china_today()
        then = {"at": f"{day}T00:00:00+08:00", "deviation_reason": "补录纸质记录"} if on else {}
        ok(self.start(**then))
        if result == "6":
            ok(
                self.do(
                    "non-cooperation",
                    {"kind": 1, "description": "拒绝入场", "evidence": [self.evidence()["id"]]},
                )
            )
        self.record_all(result, **changes)
        if result not in {"1", "7", "9"}:
            self.follow_up()
        self.sign()
        ok(self.submit(day))
        self.approve()
        return self

    def disclosure(self) -> dict[str, Any]:
        """Wait until the publisher has the result of this visit, and the rules of its deadline; return it in full."""
        round_id = self.detail()["round_id"]

        def arrived() -> Any:
            rows = self.people.gateway.sign_in("publisher").pages(
                "/disclosure/v1/disclosures", round_id=round_id, limit=200
            )
            found = next((row for row in rows if row["visit_id"] == self.id), None)
            # Two consumers bring result and rules, in any order: until both are there the day is open.
            rules_missing = found is not None and found["due_on"] is None and found["provisional"]
            return None if rules_missing else found

        row = wait_for("办结的检查进入公示", arrived)
        return self.look(row["id"])

    def look(self, disclosure_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.people.get("publisher", f"/disclosure/v1/disclosures/{disclosure_id}")
        return found

    def release(self, disclosure_id: str, note: str = "") -> httpx.Response:
        path = f"/disclosure/v1/disclosures/{disclosure_id}/release"
        return self.people.ask("publisher", "POST", path, {"handling_note": note})

    def public(self, disclosure_id: str, version: int = 1) -> dict[str, Any]:
        """Wait until every channel has accepted a version; return what everyone can read."""

        def visible() -> Any:
            answer = self.people.ask("", "GET", f"/public/results/{disclosure_id}")
            return (
                answer.status_code == 200 and answer.json()["current"]["version"] >= version and answer.json()
            )

        found: dict[str, Any] = wait_for("结果公示", visible)
        return found


@dataclass
class Fieldwork:
    """Drawn visits that nobody else touches; a test takes as many as it needs."""

    people: People
    home: Home
    rounds: dict[str, dict[str, Any]]
    waiting: dict[str, list[str]]

    def take(self, pool: str = "single") -> Visit:
        """Return a fresh visit: `single`, `joint` (two departments), `shop` or `long`."""
        return Visit(self.people, self.waiting[pool].pop())


@functools.cache
def drawn_fieldwork(home: Home, gateway: Gateway) -> Fieldwork:
    """Draw three rounds, once for a platform: by the bureau's rules, and by two variants of their deadline."""
    limits = httpx.Limits(max_keepalive_connections=0)  # nothing is left open when the platform stops
    people = People(gateway, httpx.Client(base_url=home.gateway, timeout=60, limits=limits))
    _shops(people)
    _rulesets(people)
    plain = _tasks(people, RULES, [_task(HR, "LDJC", "RZ-HR-01"), _task(DISPATCH, "RLZY", "RZ-LW-01")])
    shop = _tasks(people, THIRTY_DAYS, [_task(SHOPS, "LDJC", "RZ-JC-01")])
    long = _tasks(people, INTO_NEXT_YEAR, [_task(DISPATCH, "RLZY", "RZ-LW-01", ratio_bp=None, count=1)])
    rounds: dict[str, dict[str, Any]] = {}
    for name, tasks in (("plain", plain), ("shop", shop), ("long", long)):
        rounds[name] = _drawn(gateway, tasks)
    work = Fieldwork(people, home, rounds, {"single": [], "joint": [], "shop": [], "long": []})
    for name, row in rounds.items():
        for visit in _visits(gateway, row):
            pool = name
            if name == "plain":
                pool = "joint" if len({one["crew"] for one in visit["team"]}) > 1 else "single"
            work.waiting[pool].append(visit["id"])
    return work


def one_more_round(people: People) -> tuple[dict[str, Any], Visit]:
    """Draw a round of a single visit for a test that ends it."""
    return finished(people, frozen_round(people, RULES))


def frozen_round(people: People, ruleset: str, **changes: Any) -> dict[str, Any]:
    """Freeze a round of a single visit under the newest version of a ruleset."""
    task = _task(DISPATCH, "RLZY", "RZ-LW-01", ratio_bp=None, count=1) | changes
    return drawing.open_round(people.gateway, _tasks(people, ruleset, [task]), china_today())


def finished(people: People, frozen: dict[str, Any]) -> tuple[dict[str, Any], Visit]:
    """Draw a frozen round of a single visit; return it with the visit."""
    row = drawing.sign(people.gateway, drawing.throw(people.gateway, frozen))
    [visit] = _visits(people.gateway, row)
    return row, Visit(people, visit["id"])


def _drawn(gateway: Gateway, tasks: list[str]) -> dict[str, Any]:
    frozen = drawing.open_round(gateway, tasks, china_today())
    return drawing.sign(gateway, drawing.throw(gateway, frozen))


def _visits(gateway: Gateway, row: dict[str, Any]) -> list[dict[str, Any]]:
    drawn = drawing.describe(gateway, row).objects
    operator = gateway.sign_in("operator")

    def arrived() -> Any:
        found = list(operator.pages("/inspection/v1/visits", round_id=row["id"], limit=200))
        return found if len(found) == drawn else None

    return [operator.get(f"/inspection/v1/visits/{one['id']}") for one in wait_for("检查任务生成", arrived)]


def _shops(people: People) -> None:
    """Register a few shops of individuals (个体户), which no season has."""
    for number in range(1, 6):
        body = {
            "id": _code(f"92410303YY{number:07d}"),
            "kind": "individual",
            "region": "410303",
            "name": f"西工区范示例小吃{number}店",
            "address": "洛阳市西工区示范路1号",
            "legal_representative": "示范负责人",
        }
        people.post("reg-admin", "/registry/v1/subjects", body)


def _code(body: str) -> str:
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(weight * letters.index(char) for weight, char in zip(weights, body, strict=True))
    return body + letters[-total % 31]


def _rulesets(people: People) -> None:
    """Publish the bureau's own rules, and two variants of them: S2 Art. 18 and S4 四(五); a deadline far ahead."""
    publish_rules(people.gateway, RULES)
    publish_rules(people.gateway, THIRTY_DAYS, ("calendar_days", 30), handled_first=True)
    # No year has 270 working days: from whatever day, they end in a later one.
    publish_rules(people.gateway, INTO_NEXT_YEAR, ("working_days", 270))


def publish_rules(
    gateway: Gateway,
    name: str,
    deadline: tuple[str, int] | None = None,
    *,
    version: str = "2022.1",
    handled_first: bool = False,
    least_team: int = 2,
) -> dict[str, Any]:
    """Publish a version of a ruleset of 洛阳 that is its own but for these values; return it.

    Nothing keeps a second visit away: the season and the rounds of tests draw from the same agencies.
    """
    source = (project_root() / "rulesets" / "410300-rsj@2022.1.yaml").read_text(encoding="utf-8")
    rules = yaml.safe_load(source) | {"id": name, "version": version}
    rules["limits"]["second_visit"] = None
    if deadline:
        rules["disclosure"]["deadline"]["value"] = dict(zip(("kind", "days"), deadline, strict=True))
    rules["disclosure"]["problems_after_handling"]["value"] = handled_first
    rules["team"]["minimum"]["value"] = least_team
    text = yaml.safe_dump(rules, allow_unicode=True)
    published: dict[str, Any] = gateway.sign_in("reg-admin").post("/registry/v1/rulesets", {"yaml": text})
    return published


def draft_plan(gateway: Gateway, ruleset: str) -> dict[str, Any]:
    """Open a plan of this year, as soon as the draw service knows its rules."""
    content = {"year": china_today().year, "org_name": "洛阳市人力资源和社会保障局", "ruleset_id": ruleset}

    def planned() -> Any:
        try:
            return gateway.sign_in("planner").post("/draw/v1/plans", content)
        except DemoError as error:
            if "ruleset_unknown" in str(error):
                return None
            raise

    plan: dict[str, Any] = wait_for("规则集到达", planned)
    return plan


def _task(list_code: str, crew: str, item: str, **changes: Any) -> dict[str, Any]:
    labels = {HR: "HR-AGENCY", DISPATCH: "LABOUR-DISPATCH"}
    criteria = {"labels": [labels[list_code]]} if list_code in labels else {"names_contain": "范示例小吃"}
    body = {
        "name": f"实施检查演练{list_code}",
        "department": "劳动保障监察支队" if crew == "LDJC" else "人力资源市场科",
        "crew": crew,
        "list_code": list_code,
        "items": [item],
        "item_names": ["实施检查演练事项"],
        "object_range": "演练范围",
        "mode": "directed",
        "criteria": criteria,
        "ratio_bp": 10_000,
        "month": china_today().month,
        "team": 2,
    }
    return body | changes


def _tasks(people: People, ruleset: str, tasks: list[dict[str, Any]]) -> list[str]:
    path = f"/draw/v1/plans/{draft_plan(people.gateway, ruleset)['id']}"
    made = [people.post("planner", f"{path}/tasks", task)["id"] for task in tasks]
    people.post("planner", f"{path}/submit")
    people.post("approver", f"{path}/approve")
    people.post("planner", f"{path}/publish")
    return made


def _answer(question: dict[str, Any], result: str) -> Any:
    """Answer a question in a way that needs no evidence; a question for the result says the result."""
    for option in question["options"]:
        if option.split(" ")[0] == result:
            return option
    match question["type"]:
        case "choice" | "yes_no":
            options = question["options"] or ["是", "否"]
            return next(one for one in options if one not in question["evidence_required_if"])
        case "number":
            return 0
        case "date":
            return china_today().isoformat()
        case _:
            return "已现场核对"
