"""The bureau of 汝州, which the season leaves alone: its officers, and the registers that these tests draw from.

Every test makes objects, lists and plans of its own; words in the objects' names keep the lists apart.
"""

import csv
import io
import itertools
import zipfile
from datetime import timedelta

import pytest
import yaml
from suicha_contracts.values import credit_code_check_digit
from suicha_local.demo import drawing, registries
from suicha_local.demo.client import DemoError, Gateway, china_today, wait_for
from suicha_local.home import project_root

REGION, ORG, RULES = "410482", "410482-rsj", "410482-rsj"
QUESTION = {"key": "licence", "text": "证照齐全", "type": "yes_no", "legal_article": "第十八条"}
BASIS = [{"law": "人力资源市场暂行条例", "articles": "第三十四条"}]


class Bureau(Gateway):
    """The gateway as 汝州 uses it: `operator` is the operator of 汝州, inspectors have ids that begin with RZ."""

    serial = itertools.count(1)

    def token(self, user):
        """Return the token of an officer of 汝州, or of an inspector."""
        return super().token(user if user.startswith("inspector:") else f"rz-{user}")

    @property
    def admin(self):
        """The keeper of the registers."""
        return self.sign_in("reg-admin")

    def form(self, code, **question):
        """Publish the next version of a form with one question."""
        made = self.admin.post(
            "/registry/v1/forms", {"code": code, "name": "检查表", "questions": [QUESTION | question]}
        )
        return self.admin.post(f"/registry/v1/forms/{made['id']}/publish")

    def item(self, code, *, publish=True, **fields):
        """Register an item, and publish it."""
        body = {"code": code, "name": f"事项{code}", "form_code": "CA-F", "basis": BASIS} | fields
        made = self.admin.post("/registry/v1/items", body)
        path = f"/registry/v1/items/{made['id']}/publish"
        return self.admin.post(path, registries.paper(self.admin)) if publish else made

    def inspectors(self, first, count, crew, scopes, **fields):
        """Register inspectors of a department who are qualified for the given items; return their ids."""
        ids = [f"RZCA{number:03d}" for number in range(first, first + count)]
        for code in ids:
            body = {
                "code": code, "name": f"检查员{code[-3:]}", "department": crew, "scopes": scopes,
                "licence_no": f"豫D{code[-3:]}", "licence_until": str(china_today() + timedelta(days=400)),
            }  # fmt: skip
            self.admin.post("/registry/v1/inspectors", body | fields)
        return ids

    def code(self):
        """Return a credit code that no authority issues."""
        body = f"91{REGION}CA{next(self.serial):07d}"
        return body + credit_code_check_digit(body)

    def firms(self, word, count, **fields):
        """Register firms with a word in their names and the label of that word; return their ids in order."""
        ids = []
        for number in range(1, count + 1):
            body = {
                "id": self.code(), "kind": "enterprise", "region": REGION,
                "name": f"汝州市{word}{number}号有限公司", "address": f"汝州市示范路{number}号",
            }  # fmt: skip
            ids.append(self.admin.post("/registry/v1/subjects", body | fields)["id"])
        return sorted(ids)

    def label(self, code, word):
        """Label all objects with a word in their names."""
        rule = {"name_contains": [word]}
        return self.admin.post("/registry/v1/labels", {"code": code, "name": word, "rule": rule})

    def import_file(self, kind, rows):
        """Import a table, its header first; return the finished import."""
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return registries.import_file(self.admin, kind, out.getvalue().encode())

    def ruleset(self, name, ruleset_id, **parts):
        """Publish the values of a shipped ruleset for 汝州 under an id of its own, with parts added or replaced."""
        document = yaml.safe_load((project_root() / "rulesets" / name).read_text(encoding="utf-8"))
        document |= {"id": ruleset_id, "region": REGION, "name": f"{document['name']}（{ruleset_id}）"}
        for path, value in parts.items():
            part, _, field = path.partition("__")
            document[part] = document.get(part, {}) | {field: value}
        text = yaml.safe_dump(document, allow_unicode=True)
        version = self.admin.post("/registry/v1/rulesets", {"yaml": text})["version"]

        def known():
            try:
                return self.draft(ruleset_id, year=2020)
            except DemoError:
                return None

        wait_for("规则集到达抽取服务", known)
        return version

    def draft(self, ruleset_id=RULES, **fields):
        """Open a plan of this year."""
        return self.sign_in("planner").post(
            "/draw/v1/plans", {"year": china_today().year, "ruleset_id": ruleset_id} | fields
        )

    def published(self, *tasks, ruleset_id=RULES, **fields):
        """Carry a plan through approval and publication; return it with its tasks."""
        planner = self.sign_in("planner")
        path = f"/draw/v1/plans/{self.draft(ruleset_id, **fields)['id']}"
        for task in tasks:
            planner.post(f"{path}/tasks", task)
        planner.post(f"{path}/submit")
        self.sign_in("approver").post(f"{path}/approve")
        return planner.post(f"{path}/publish")

    def open(self, plan, **settings):
        """Open a round over all tasks of a plan and wait until it is frozen."""
        return drawing.open_round(self, [task["id"] for task in plan["tasks"]], china_today(), **settings)

    def drawn(self, plan, **settings):
        """Hold the whole ceremony over all tasks of a plan; return the completed round."""
        return drawing.sign(self, drawing.throw(self, self.open(plan, **settings)))

    def unfrozen(self, plan, **settings):
        """Open a round that cannot be frozen; return it with its problems."""
        body = {
            "task_ids": [task["id"] for task in plan["tasks"]],
            "reveal_by": f"{china_today() + timedelta(days=2)}T00:00:00Z",
            "inspect_from": str(china_today()), "inspect_to": str(china_today() + timedelta(days=30)),
        }  # fmt: skip
        operator = self.sign_in("operator")
        opened = operator.post("/draw/v1/rounds", body | settings)

        def refused():
            row = operator.get(f"/draw/v1/rounds/{opened['id']}")
            assert row["state"] == "draft", "冻结本应被拒绝"
            return row if row["problems"] else None

        return wait_for("冻结被拒绝", refused)

    def rows(self, round_row, what):
        """Return all results, matches or exclusions of a round."""
        return list(self.sign_in("operator").pages(f"/draw/v1/rounds/{round_row['id']}/{what}", limit=500))

    def bundle(self, round_row):
        """Return the files of the public proof bundle by name, tables as lists of fields."""
        path = f"/public/draws/{round_row['draw_id']}/bundle"
        content = self.anyone().send("GET", path).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def table(self, round_row, name):
        """Return the lines of a table of the public proof bundle, split into fields."""
        return [line.split("\t") for line in self.bundle(round_row)[name].decode().splitlines()]


def task(**changes):
    """Return what a planner says of a task; the changes come on top."""
    return {
        "name": "机构抽查", "department": "劳动保障监察支队", "crew": "LDJC", "list_code": "CAHR",
        "items": ["CA-HR"], "mode": "directed", "criteria": {}, "ratio_bp": 5000, "month": china_today().month,
        "team": 3, "alternates": 2, "basis": ["《人力资源市场暂行条例》第三十四条"],
        "object_range": "辖区内检查对象", "frequency": "每年1次",
    } | changes  # fmt: skip


@pytest.fixture(scope="session")
def make_task():
    """What a planner says of a task, with changes."""
    return task


@pytest.fixture(scope="session")
def bureau(running, season):
    """汝州 with a form, an item for each of two departments, and six inspectors for each item."""
    gateway = Bureau(running.home.gateway)
    gateway.form("CA-F")
    gateway.item("CA-HR", department="LDJC")
    gateway.item("CA-LD", department="RLZY")
    gateway.inspectors(101, 6, "LDJC", ["CA-HR"])
    gateway.inspectors(201, 6, "RLZY", ["CA-LD"])
    yield gateway
    gateway.close()
