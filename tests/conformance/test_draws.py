"""抽取: rows D1–D23 of the features that the platform carries out, each through the gateway alone."""

import base64
import csv
import hashlib
import io
import json
import secrets
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Queue

import httpx
import pytest
from conformance.fieldwork import RULES, drawn_fieldwork, frozen_round
from rid1.checkpoint import parse, read_key
from rid1.cosignature import cosigned_by, witness_key
from rid1.merkle import consistency_holds
from rid1.receipt import check_receipt
from rid1.suites import S256
from rid1.verify import verify_bundle
from rid1.witness import cosign
from suicha_contracts.values import credit_code_check_digit
from suicha_local.demo import drawing, inspecting
from suicha_local.demo.client import DemoError, china_today, wait_for

pytestmark = pytest.mark.slow

DICE = "31415926535897932384"
EVIDENCE = hashlib.sha256(b"document").hexdigest()


class Ceremony:
    """A round taken through its deeds one by one."""

    def __init__(self, bureau, row):
        self.row, self.path = row, f"/draw/v1/rounds/{row['id']}"
        self.operator, self.legal = bureau.sign_in("operator"), bureau.sign_in("legal")
        self.secrets = {"operator": secrets.token_hex(32), "legal": secrets.token_hex(32)}

    def now(self):
        """Read the round."""
        return self.operator.get(self.path)

    def reach(self, state):
        """Wait until the round is in a state."""
        return wait_for(state, lambda: self.now() if self.now()["state"] == state else None)

    def commitment(self, name):
        """Return the body of a contributor's commitment."""
        text = f"RID/1|commit|{self.row['draw_id']}|{name}|{self.secrets[name]}"
        return {"name": name, "commitment": hashlib.sha256(text.encode()).hexdigest()}

    def commit(self):
        """Let the witness sign the freeze and both contributors commit."""
        self.legal.post(f"{self.path}/sign-freeze", {"inputs_hash": self.reach("frozen")["inputs_hash"]})
        for session in (self.operator, self.legal):
            session.post(f"{self.path}/commitments", self.commitment(session.user))
        assert self.now()["state"] == "committed"

    def reveal(self, session):
        """Let a contributor reveal."""
        session.post(f"{self.path}/reveals", {"name": session.user, "secret": self.secrets[session.user]})


class Live:
    """What the server-sent events of a round bring, in the order in which it comes in."""

    def __init__(self):
        self.log, self.states, self.alive, self.over = Queue(), Queue(), Queue(), threading.Event()

    def entry(self):
        """Wait for the next log entry."""
        return self.log.get(timeout=30)

    def events(self, count):
        """Wait for so many log entries, and nothing beyond them; return their events."""
        found = [self.entry()["event"] for _ in range(count)]
        assert self.log.empty(), "an entry came before its deed"
        return found


@contextmanager
def followed(bureau, path, who):
    """Follow a round through the gateway as an officer's browser does, while the block goes on."""
    live, headers = Live(), {"Authorization": f"Bearer {bureau.token(who)}"}

    def listen():
        with (
            httpx.Client(base_url=bureau.address, headers=headers, timeout=30) as http,
            http.stream("GET", f"{path}/events") as answer,
        ):
            told = None
            for text in answer.iter_lines():
                if live.over.is_set():
                    return
                if text.startswith(":"):
                    live.alive.put(text)
                elif text.startswith("event: "):
                    told = live.log if text == "event: log" else live.states
                elif text.startswith("data: "):
                    told.put(json.loads(text.removeprefix("data: ")))
        live.alive.put(None)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield live
    finally:
        live.over.set()
        thread.join()


def prepared(session, path):
    """Return what is prepared after a round is completed, once it is there."""

    def found():
        try:
            return session.get(path)
        except DemoError as error:
            assert "→ 409 " in str(error), error
            return None

    return wait_for(path, found)


def counts(bureau, row):
    """Return {(list, stratum): (drawn, pooled)} of a round by its manifest."""
    manifest = bureau.anyone().get(f"/public/draws/{row['draw_id']}")[-1]["manifest"]
    return {
        (one["code"], stratum["code"]): (stratum["k"], stratum["n"])
        for one in manifest["lists"]
        for stratum in one["strata"]
    }


@pytest.fixture(scope="module")
def joint(bureau, make_task):
    """A completed round over two departments' tasks on the same eight firms, four of them for each."""
    firms = bureau.firms("联合甲", 8)
    criteria = {"names_contain": "联合甲"}
    plan = bureau.published(
        make_task(criteria=criteria),
        make_task(name="派遣抽查", department="人力资源市场科", crew="RLZY", list_code="CALD",
                  items=["CA-LD"], mode="undirected", criteria=criteria),
    )  # fmt: skip
    return {"firms": firms, "plan": plan, "row": bureau.drawn(plan)}


@pytest.fixture(scope="module")
def visits(bureau, joint):
    """The visits of the joint round, with their details, as the operator sees them."""
    operator = bureau.sign_in("operator")
    return [operator.get(f"/inspection/v1/visits/{one['id']}") for one in _visits(bureau, joint["row"])]


def _visits(bureau, row):
    """Wait for all visits of a completed round."""
    operator = bureau.sign_in("operator")

    def arrived():
        found = operator.get("/inspection/v1/visits", round_id=row["id"], limit=100)["items"]
        return found if len(found) == row["visits"] else None

    return wait_for("检查任务", arrived)


def test_d1_lots_thrown_by_hand_enter_the_draw_as_recorded_entropy_that_two_people_read(bureau, make_task):
    bureau.firms("摇号", 4)
    plan = bureau.published(make_task(criteria={"names_contain": "摇号"}))
    one = Ceremony(bureau, bureau.open(plan))
    assert one.operator.refused("POST", f"{one.path}/dice", {"value": DICE})["status"] == 409
    one.commit()
    one.reveal(one.operator)
    one.reveal(one.legal)
    assert (one.now()["state"], one.now()["seed"]) == ("committed", None), "without dice there is no seed"
    for wrong in ("123", DICE[:-1] + "x", DICE + "0"):
        assert one.operator.refused("POST", f"{one.path}/dice", {"value": wrong})["status"] == 422
    one.operator.post(f"{one.path}/dice", {"value": DICE})
    confirm = f"{one.path}/dice/confirm"
    assert one.operator.refused("POST", confirm, {"value": DICE})["code"] == "same_person"
    assert one.legal.refused("POST", confirm, {"value": DICE[::-1]})["code"] == "dice_mismatch"
    one.legal.post(confirm, {"value": DICE})
    drawn = one.reach("drawn")
    assert drawn["seed"] and drawn["result_hash"]
    (thrown,) = [line["body"] for line in drawn["log"] if line["event"] == "dice"]
    assert thrown == {"value": drawn["dice"], "typed_by": "rz-operator", "confirmed_by": "rz-legal"}
    assert DICE in drawn["dice"]
    assert one.operator.refused("POST", f"{one.path}/dice", {"value": DICE})["status"] == 409
    alone = {
        "task_ids": [plan["tasks"][0]["id"]], "contributors": ["operator"], "dice": False,
        "reveal_by": f"{china_today() + timedelta(days=2)}T00:00:00Z",
        "inspect_from": str(china_today()), "inspect_to": str(china_today()),
    }  # fmt: skip
    assert one.operator.refused("POST", "/draw/v1/rounds", alone)["code"] == "seed_sources"


def test_d1_lots_drawn_by_hand_are_on_record_and_marked_as_not_verifiable_up_to_the_website(
    bureau, make_task, running
):
    notice = "人工抽签/摇号，结果不可验证"
    firms = bureau.firms("抽签", 4)
    plan = bureau.published(make_task(criteria={"names_contain": "抽签"}))
    one = Ceremony(bureau, bureau.open(plan, lots="physical", contributors=[], dice=False))
    frozen = one.reach("frozen")
    content = {
        "method": "slips", "place": "汝州市人社局会议室", "present": ["法制机构", "企业代表"], "evidence": EVIDENCE,
        "held_at": datetime.now(UTC).replace(second=0, microsecond=0).isoformat(),
        "results": [
            {"list_code": "CAHR", "stratum": "ALL", "selected": firms[1:3], "substitutes": firms[3:]}
        ],
        "teams": [
            {"object_id": firm, "crew": "LDJC", "team": ["RZCA101", "RZCA102", "RZCA103"], "alternates": ["RZCA104"]}
            for firm in firms[1:3]
        ],
    }  # fmt: skip
    lots = f"{one.path}/lots"
    assert one.operator.refused("POST", lots, content)["status"] == 409, (
        "the witness has not signed the lists"
    )
    one.legal.post(f"{one.path}/sign-freeze", {"inputs_hash": frozen["inputs_hash"]})
    one.secrets["operator"] = "1" * 64
    seeded = one.operator.refused("POST", f"{one.path}/commitments", one.commitment("operator"))
    assert seeded["code"] == "physical_lots"
    wrong = content | {"results": [content["results"][0] | {"selected": [firms[1], "91410482STRANGER0X"]}]}
    refused = one.operator.refused("POST", lots, wrong)
    assert refused["code"] == "lots_refused"
    assert refused["faults"][0]["where"] == "body.results.0.selected.1"
    typed = {"content_hash": one.operator.post(lots, content)["content_hash"]}
    assert one.operator.refused("POST", f"{lots}/confirm", typed)["code"] == "same_person"
    one.legal.post(f"{lots}/confirm", typed)
    row = drawing.sign(bureau, one.reach("drawn"))
    assert (row["seed"], row["verifiable"], row["notice"]) == (None, False, notice)
    assert {visit["object_id"] for visit in _visits(bureau, row)} == set(firms[1:3])

    anyone, public = bureau.anyone(), f"/public/draws/{row['draw_id']}"
    shown = anyone.get(public)[-1]
    assert (shown["basis"], shown["lots"]["evidence"]) == ("physical", EVIDENCE)
    assert anyone.refused("GET", f"{public}/bundle", None)["code"] == "physical_lots"
    assert notice in anyone.send("GET", f"{public}/scheme").text
    with httpx.Client(base_url=running.home.site) as site:

        def page():
            answer = site.get(f"/draws/{row['draw_id']}")
            return answer.text if answer.status_code == 200 else None

        text = wait_for("抽取在网站公示", page)
    assert notice in text and EVIDENCE in text and "汝州市人社局会议室" in text
    assert "下载证明包" not in text


def test_d2_first_the_plan_then_the_objects_then_the_inspectors(bureau, make_task):
    planner, operator = bureau.sign_in("planner"), bureau.sign_in("operator")
    bureau.firms("次序", 4)
    path = f"/draw/v1/plans/{bureau.draft()['id']}"
    task = planner.post(f"{path}/tasks", make_task(criteria={"names_contain": "次序"}))
    wanted = {
        "task_ids": [task["id"]], "reveal_by": f"{china_today() + timedelta(days=2)}T00:00:00Z",
        "inspect_from": str(china_today()), "inspect_to": str(china_today()),
    }  # fmt: skip
    for step, who in (("submit", "planner"), ("approve", "approver"), ("publish", "planner")):
        assert operator.refused("POST", "/draw/v1/rounds", wanted)["code"] == "tasks_do_not_fit"
        bureau.sign_in(who).post(f"{path}/{step}")
    one = Ceremony(bureau, bureau.open({"tasks": [task]}))
    one.commit()
    assert bureau.rows(one.row, "results") == bureau.rows(one.row, "matches") == []
    assert operator.refused("POST", f"{one.path}/sign", {"result_hash": EVIDENCE})["code"] == "forbidden"
    row = drawing.sign(bureau, _thrown(one))
    events = [line["event"] for line in row["log"]]
    order = ["created", "frozen", "manifest", "reveal", "reveal", "dice", "signed", "completed"]
    assert [event for event in events if event in order] == order, events
    chosen = {line["object_id"] for line in bureau.rows(row, "results") if line["kind"] == "S"}
    assert {match["object_id"] for match in bureau.rows(row, "matches")} == chosen and len(chosen) == 2


def _thrown(one):
    one.reveal(one.operator)
    one.reveal(one.legal)
    one.operator.post(f"{one.path}/dice", {"value": DICE})
    one.legal.post(f"{one.path}/dice/confirm", {"value": DICE})
    return one.reach("drawn")


def test_d3_without_the_legal_department_there_is_neither_a_seed_nor_a_result_that_counts(bureau, make_task):
    bureau.firms("见证", 4)
    one = Ceremony(bureau, bureau.open(bureau.published(make_task(criteria={"names_contain": "见证"}))))
    commit, operator = f"{one.path}/commitments", one.operator
    operator.post(commit, one.commitment("operator"))
    assert operator.refused("POST", commit, one.commitment("legal"))["code"] == "not_your_part"
    one.legal.post(commit, one.commitment("legal"))
    frozen = one.now()
    assert (frozen["state"], frozen["manifest_hash"]) == ("frozen", None), "the freeze is not signed"
    sign_freeze, lists = f"{one.path}/sign-freeze", {"inputs_hash": frozen["inputs_hash"]}
    for other in ("operator", "planner", "approver", "reviewer", "publisher", "reg-admin"):
        assert bureau.sign_in(other).refused("POST", sign_freeze, lists)["code"] == "forbidden"
    wrong_lists = {"inputs_hash": EVIDENCE}
    assert one.legal.refused("POST", sign_freeze, wrong_lists)["code"] == "inputs_hash_mismatch"
    assert one.legal.post(sign_freeze, lists)["state"] == "committed"
    reveal = {"name": "legal", "secret": one.secrets["legal"]}
    assert operator.refused("POST", f"{one.path}/reveals", reveal)["code"] == "not_your_part"
    wrong = {"name": "legal", "secret": "0" * 64}
    assert one.legal.refused("POST", f"{one.path}/reveals", wrong)["code"] == "reveal_mismatch"
    drawn = _thrown(one)
    sign, right = f"{one.path}/sign", {"result_hash": drawn["result_hash"]}
    for other in ("operator", "planner", "approver", "reviewer", "publisher", "reg-admin"):
        assert bureau.sign_in(other).refused("POST", sign, right)["code"] == "forbidden"
    assert one.legal.refused("POST", sign, {"result_hash": EVIDENCE})["code"] == "result_hash_mismatch"
    assert operator.get("/inspection/v1/visits", round_id=one.row["id"])["items"] == []
    one.legal.post(sign, right)
    assert one.reach("completed")["signed_by"] == "rz-legal"
    assert one.legal.refused("POST", sign, right)["status"] == 409


def test_d3_the_legal_witness_sees_every_step_live_before_the_next_one_is_taken(bureau, make_task):
    bureau.firms("直播", 4)
    one = Ceremony(bureau, bureau.open(bureau.published(make_task(criteria={"names_contain": "直播"}))))
    frozen = one.reach("frozen")
    with followed(bureau, one.path, "legal") as live:
        assert live.events(2) == ["created", "frozen"]
        one.legal.post(f"{one.path}/sign-freeze", {"inputs_hash": frozen["inputs_hash"]})
        assert live.events(1) == ["witnessed"]
        one.operator.post(f"{one.path}/commitments", one.commitment("operator"))
        assert live.events(1) == ["commitment"]
        one.legal.post(f"{one.path}/commitments", one.commitment("legal"))
        assert live.events(2) == ["commitment", "manifest"]
        for session in (one.operator, one.legal):
            one.reveal(session)
            assert live.events(1) == ["reveal"]
        while not live.alive.empty():
            live.alive.get()
        one.operator.post(f"{one.path}/dice", {"value": DICE})
        for _ in range(3):
            assert live.alive.get(timeout=30), "nothing happens, and the stream is kept open all the same"
        assert live.log.empty(), "nobody has confirmed the dice"
        one.legal.post(f"{one.path}/dice/confirm", {"value": DICE})
        assert live.events(3) == ["dice", "seeded", "drawn"]
        drawn = one.reach("drawn")
        one.legal.post(f"{one.path}/sign", {"result_hash": drawn["result_hash"]})
        assert live.events(2) == ["signed", "completed"]
        one.reach("completed")
        states = []
        while "completed" not in states:
            states.append(live.states.get(timeout=30)["state"])
    assert states[0] == "frozen" and "committed" in states
    assert bureau.anyone().refused("GET", f"{one.path}/events", None)["status"] == 401


def test_d4_the_draw_is_open_repeatable_by_anyone_and_every_attempt_stays_in_the_log(
    bureau, make_task, tmp_path
):
    bureau.firms("公开", 6)
    plan = bureau.published(make_task(criteria={"names_contain": "公开"}))
    first = Ceremony(bureau, bureau.open(plan))
    first.commit()
    void = {"code": "dice_invalid", "reason": "骰子落地破损", "evidence": EVIDENCE}
    asked = first.operator.post(f"{first.path}/void", void)["void_request"]
    read = {"content_hash": asked["content_hash"]}
    assert bureau.anyone().get(f"/public/draws/{first.row['draw_id']}")[-1]["void_reason"] is None
    assert first.operator.refused("POST", f"{first.path}/void/confirm", read)["code"] == "same_person"
    unread = {"content_hash": "0" * 64}
    assert first.legal.refused("POST", f"{first.path}/void/confirm", unread)["code"] == "void_mismatch"
    again = {"reveal_by": f"{china_today() + timedelta(days=2)}T00:00:00Z"}
    assert first.operator.refused("POST", f"{first.path}/repeat", again)["status"] == 409
    first.legal.post(f"{first.path}/void/confirm", read)
    opened = first.operator.post(f"{first.path}/repeat", again)
    second = Ceremony(bureau, opened)
    second.reach("frozen")
    second.secrets = first.secrets
    used = second.operator.refused("POST", f"{second.path}/commitments", first.commitment("operator"))
    assert used["code"] == "commitment_reused"
    second.secrets = {name: secrets.token_hex(32) for name in first.secrets}
    second.commit()
    row = drawing.sign(bureau, _thrown(second))
    assert second.operator.refused("POST", f"{second.path}/repeat", again)["status"] == 409

    attempts = bureau.anyone().get(f"/public/draws/{row['draw_id']}")
    assert [(one["attempt"], one["state"]) for one in attempts] == [(1, "void"), (2, "completed")]
    assert (
        attempts[0]["void_reason"] == void["reason"] and attempts[1]["prev"] == attempts[0]["manifest_hash"]
    )
    bundle, log, key = drawing.download_proof(bureau, row["draw_id"], tmp_path)
    code, report = drawing.verify(bundle, log, key)
    assert (code, report["ok"]) == (0, True)
    code, report = drawing.verify(drawing.tamper(bundle), log, key)
    assert code == 1 and report["fault"]["code"] == "result_row"
    pool = bureau.bundle(row)["pool.tsv"]
    assert attempts[1]["manifest"]["inputs"]["pool"]["sha"] == hashlib.sha256(pool).hexdigest()

    assert [one["void_code"] for one in attempts] == ["dice_invalid", None]
    seen = wait_for("检查任务", lambda: inspecting.visits_of(bureau, row["id"]))[0]
    visit = second.operator.get(f"/inspection/v1/visits/{seen['id']}")
    assert visit["attempt"] == 2
    assert [(one["attempt"], one["code"], one["reason"]) for one in visit["voided"]] == [
        (1, "dice_invalid", void["reason"])
    ]
    assert first.operator.refused("POST", f"{first.path}/void", void | {"code": "mood"})["status"] == 422


def test_d4_a_draw_is_not_simply_repeated_until_it_fits_and_earlier_draws_of_a_task_stay_in_sight(
    bureau, make_task, running
):
    bureau.firms("重抽", 4)
    plan = bureau.published(make_task(criteria={"names_contain": "重抽"}))
    drawn = drawing.throw(bureau, bureau.open(plan))
    operator, legal = bureau.sign_in("operator"), bureau.sign_in("legal")
    fresh = drawing.round_request([plan["tasks"][0]["id"]], china_today())
    refused = operator.refused("POST", "/draw/v1/rounds", fresh)
    assert (refused["status"], refused["code"], refused["draw_id"]) == (409, "task_in_draw", drawn["draw_id"])
    assert drawn["draw_id"] in refused["detail"] and "作废" in refused["detail"]
    path = f"/draw/v1/rounds/{drawn['id']}"
    void = {"code": "procedure_breach", "reason": "未到场见证", "evidence": EVIDENCE}
    asked = operator.post(f"{path}/void", void)["void_request"]
    legal.post(f"{path}/void/confirm", {"content_hash": asked["content_hash"]})
    refused = operator.refused("POST", "/draw/v1/rounds", fresh)
    assert refused["code"] == "task_in_draw" and "原编号" in refused["detail"]
    again = operator.post(f"{path}/repeat", {"reveal_by": fresh["reveal_by"]})
    first = drawing.sign(bureau, drawing.throw(bureau, drawing.reach(bureau, again["id"], "frozen")))
    assert (first["draw_id"], first["attempt"]) == (drawn["draw_id"], 2)

    second = bureau.drawn(plan, exempt=False)
    (shown,) = bureau.anyone().get(f"/public/draws/{second['draw_id']}")
    (earlier,) = shown["earlier"]
    assert (earlier["draw_id"], earlier["attempts"]) == (first["draw_id"], 2)
    assert (earlier["completed_at"], earlier["tasks"]) == (first["completed_at"], ["001号"])
    with httpx.Client(base_url=running.home.site) as site:

        def page():
            answer = site.get(f"/draws/{second['draw_id']}")
            return answer.text if answer.status_code == 200 else None

        text = wait_for("抽取在网站公示", page)
    assert "同一任务此前的抽取" in text and first["draw_id"] in text and "共进行 2 次" in text


def test_d4_every_object_checks_its_receipt_alone_and_the_log_only_ever_grows(bureau, make_task, tmp_path):
    firms = bureau.firms("回执", 8)
    anyone = bureau.anyone()
    before = parse(anyone.send("GET", "/public/log/checkpoint").text)
    row = bureau.drawn(bureau.published(make_task(criteria={"names_contain": "回执"})))
    key = read_key(anyone.get("/public/log/key")["vkey"])
    path = f"/public/draws/{row['draw_id']}/attempts/1/receipts"
    prepared(anyone, f"{path}/{firms[0]}")
    marks = [check_receipt(anyone.get(f"{path}/{firm}"), key)[0]["mark"] for firm in firms]
    drawn = {one["object_id"]: one["kind"] for one in bureau.rows(row, "results")}
    assert marks == [drawn.get(firm, "-") for firm in firms]
    assert anyone.refused("GET", f"{path}/91410300MA99999999", None)["status"] == 404

    after = parse(anyone.send("GET", "/public/log/checkpoint").text)
    proof = anyone.get("/public/log/consistency", old=before.size, size=after.size)
    nodes = [bytes.fromhex(node) for node in proof["path"]]
    assert consistency_holds(S256, before.size, after.size, before.root, after.root, nodes)
    again = parse(anyone.send("GET", f"/public/log/checkpoint?size={before.size}").text)
    assert (again.size, again.root) == (before.size, before.root)
    shown = prepared(anyone, f"/public/draws/{row['draw_id']}/statistics")
    assert shown["visits"] == shown["selected"] == row["visits"], "one list has nothing to share"


def test_d4_a_witness_without_an_account_and_a_timestamp_stand_behind_the_log_for_everybody(
    bureau, make_task, running, tmp_path
):
    bureau.firms("共签", 4)
    row = bureau.drawn(bureau.published(make_task(criteria={"names_contain": "共签"})))
    anyone, legal, (witness, seed) = bureau.anyone(), bureau.sign_in("legal"), running.witness
    key = read_key(anyone.get("/public/log/key")["vkey"])
    text = anyone.send("GET", "/public/log/checkpoint").text
    note, moment = parse(text), int(datetime.now(UTC).timestamp())
    at, signed = {"size": note.size}, cosign(seed, witness.name, text, key, None, None, moment)
    public = "/public/log/cosignatures"
    elsewhere = anyone.refused("POST", public, {"size": note.size - 1, "line": signed})
    assert elsewhere["code"] == "cosignature_invalid"
    assert anyone.post(public, at | {"line": signed}) == at | {"witness": witness.name, "time": moment}
    shown = parse(anyone.send("GET", "/public/log/checkpoint", params=at).text)
    assert [one.time for one in cosigned_by(shown, [witness])] == [moment]
    (pinned,) = anyone.get("/public/log/witnesses")
    assert (pinned["vkey"], pinned["newest"]["size"]) == (witness_key(witness), note.size)

    stamp, response = "/draw/v1/log/timestamps", running.authority.stamp(note.text.encode())
    body = at | {"token": base64.b64encode(response).decode()}
    another = base64.b64encode(running.authority.stamp(b"another text")).decode()
    assert anyone.refused("POST", stamp, body)["status"] == 401
    assert bureau.sign_in("planner").refused("POST", stamp, body)["code"] == "forbidden"
    assert legal.refused("POST", stamp, at | {"token": another})["code"] == "timestamp_invalid"
    kept = legal.post(stamp, body)
    assert kept["verified"] is True
    assert [one["id"] for one in anyone.get("/public/log/timestamps", **at)] == [kept["id"]]
    assert anyone.send("GET", f"/public/log/timestamps/{kept['id']}").content == response

    bundle = tmp_path / "bundle.zip"

    def endorsed():
        bundle.write_bytes(anyone.send("GET", f"/public/draws/{row['draw_id']}/bundle").content)
        report = verify_bundle(bundle, log_key=key, witnesses=[witness])
        assert report.ok, report.fault
        told = {one[0] for one in report.notes}
        return "timestamp" in told and "witness_missing" not in told

    wait_for("证明包含有共同签名与时间戳", endorsed)


def test_d4_an_unannounced_and_sealed_draw_shows_the_public_neither_seed_nor_pool_before_its_time(
    bureau, make_task
):
    firms = bureau.firms("突击", 6)
    plan = bureau.published(make_task(criteria={"names_contain": "突击"}))
    row = bureau.drawn(plan, embargo="legal", disclosure="sealed")
    (shown,) = bureau.anyone().get(f"/public/draws/{row['draw_id']}")
    assert (shown["state"], shown["embargoed"], shown["seed"]) == ("completed", True, None)
    said = {line["event"]: line["body"] for line in shown["log"]}
    assert said["seeded"]["seed"] == "embargoed"
    refused = bureau.anyone().refused("GET", f"/public/draws/{row['draw_id']}/bundle", None)
    assert (refused["status"], refused["code"]) == (409, "embargoed")
    assert not any(firm in json.dumps(shown) for firm in firms)
    assert len(_visits(bureau, row)) == row["visits"], "inspectors set out all the same"


def test_d5_directed_and_undirected_draws_stand_in_one_plan_and_a_ruleset_may_know_only_one(
    bureau, joint, make_task
):
    public = bureau.anyone().get(f"/public/draws/{joint['row']['draw_id']}")[-1]
    assert {one["code"]: one["mode"] for one in public["lists"]} == {"CAHR": "directed", "CALD": "undirected"}
    assert {one["plan_number"] for one in public["lists"]} == {joint["plan"]["number"]}
    modes = {"value": ["undirected"], "clause": "第九条"}
    bureau.ruleset("441624-rsj@2019.1.yaml", "410482-ud", selection__modes=modes)
    planner, path = bureau.sign_in("planner"), f"/draw/v1/plans/{bureau.draft('410482-ud')['id']}/tasks"
    refused = planner.refused("POST", path, make_task())
    assert refused["code"] == "mode_not_allowed" and "第九条" in refused["detail"]
    assert planner.post(path, make_task(mode="undirected"))["mode"] == "undirected"


def test_d6_the_conditions_of_a_directed_draw_narrow_the_list_and_are_shown_with_the_draw(bureau, make_task):
    fitting = {
        "company_type": "有限责任公司(国有独资)",
        "scale": "小型",
        "industry": "L7261",
        "unit": "CA-D6",
    }
    firms = bureau.firms("条件", 1, **fitting)
    for changed in (
        {"company_type": "股份有限公司"}, {"scale": "大型"}, {"industry": "F5199"}, {"unit": "CA-D6B"},
        {"kind": "individual"}, {},
    ):  # fmt: skip
        firms += bureau.firms("条件", 1, **fitting | changed)
    wanted = firms[0]
    bureau.firms("别的", 1, **fitting)
    graded = [{"id": firm, "grade": "D"} for firm in firms[:-1]]
    body = {"source": "平台", "month": "2026-10", "grades": graded}
    assert bureau.admin.post("/registry/v1/grades", body)["changed"] == 6
    criteria = {
        "names_contain": "汝州市条件", "kinds": ["enterprise"], "company_types": ["国有独资"],
        "scales": ["小型"], "industries": ["L72"], "regions": ["410482"], "units": ["CA-D6"], "grades": ["D"],
    }  # fmt: skip
    row = bureau.drawn(bureau.published(make_task(criteria=criteria, ratio_bp=10_000)))
    assert [one["object_id"] for one in bureau.rows(row, "results")] == [wanted]
    (shown,) = bureau.anyone().get(f"/public/draws/{row['draw_id']}")[-1]["lists"]
    assert {name: shown["criteria"][name] for name in criteria} == criteria
    for name in ("kinds", "company_types", "scales", "industries", "units", "grades"):
        fewer = {key: value for key, value in criteria.items() if key != name}
        pool = counts(bureau, _frozen(bureau, make_task(criteria=fewer)))
        assert pool["CAHR", "ALL"][1] == 2, name
    path = f"/draw/v1/plans/{bureau.draft()['id']}/tasks"
    unknown = make_task(criteria={"market_share": "30%"})
    assert bureau.sign_in("planner").refused("POST", path, unknown)["status"] == 422
    named = make_task(criteria={"ids": [wanted]})
    assert bureau.sign_in("planner").refused("POST", path, named)["code"] == "named_objects"


def test_d6_nature_structure_market_share_lists_and_licences_are_conditions_written_in_words(
    bureau, make_task
):
    header = (
        "企业名称",
        "统一社会信用代码",
        "行政区划代码",
        "企业性质",
        "组织架构",
        "市场占有率",
        "许可证号",
        "许可证有效期至",
    )
    fitting = ("国有", "集团", "12.5%", "证甲", "")
    others = (("民营", *fitting[1:]), ("国有", "分支机构", *fitting[2:]), (*fitting[:2], "3%", *fitting[3:]),
              (*fitting[:4], "2020-01-01"), fitting)  # fmt: skip
    rows = [(f"汝州市属性{n}", bureau.code(), "410482", *said) for n, said in enumerate((fitting, *others))]
    assert bureau.import_file("subjects", [header, *rows])["accepted"] == 6
    wanted = rows[0][1]
    for firm in (row[1] for row in rows[:5]):
        entry = {"list_code": "key_watch", "valid_from": str(china_today()), "source": "监察支队"}
        bureau.admin.post(f"/registry/v1/subjects/{firm}/lists", entry)
    criteria = {
        "names_contain": "汝州市属性", "natures": ["国有"], "structures": ["集团"], "market_share_from_bp": 1000,
        "lists": ["key_watch"], "licences": ["valid"],
    }  # fmt: skip
    row = bureau.drawn(bureau.published(make_task(criteria=criteria, ratio_bp=10_000)))
    assert [one["object_id"] for one in bureau.rows(row, "results")] == [wanted]
    for name in ("natures", "structures", "market_share_from_bp", "lists", "licences"):
        fewer = {key: value for key, value in criteria.items() if key != name}
        pool = counts(bureau, _frozen(bureau, make_task(criteria=fewer)))
        assert pool["CAHR", "ALL"][1] == 2, name
    (shown,) = bureau.anyone().get(f"/public/draws/{row['draw_id']}/probabilities")
    assert shown["conditions"] == (
        "性质：国有；组织架构：集团；市场占有率：不低于 10%；列入名单：列入重点监控；许可证状态：许可证有效；"
        "名称含有：“汝州市属性”"
    )
    absent = _why(bureau, row, rows[1][1])
    assert absent["standing"] == "absent" and "性质：国有" in absent["explanation"]
    assert absent["clause"] and f"“{absent['clause']}”" in absent["explanation"]
    word = {"names_contain": "汝州市属性"}
    pool = counts(bureau, _frozen(bureau, make_task(criteria=word | {"market_share_to_bp": 1000})))
    assert pool["CAHR", "ALL"][1] == 1, "only one has at most a tenth of the market"


def test_d6_a_bureau_of_a_city_draws_from_those_of_its_districts_that_a_list_names(running, season):
    work = drawn_fieldwork(running.home, running.gateway)
    admin = running.gateway.sign_in("reg-admin")
    firms = {
        region: [
            admin.post(
                "/registry/v1/subjects",
                {
                    "id": _credit_code(f"92{region}YD{number:07d}"), "kind": "individual", "region": region,
                    "name": f"洛阳分区示例{region}第{number}店", "address": "洛阳市示范路1号",
                },
            )["id"]
            for number in range(1, many + 1)
        ]
        for region, many in (("410303", 2), ("410304", 3), ("410322", 4))
    }  # fmt: skip
    task = {
        "list_code": "FQ", "crew": "LDJC", "department": "劳动保障监察支队", "items": ["RZ-JC-01"],
        "ratio_bp": 10_000, "count": None,
    }  # fmt: skip
    pools = {}
    for regions in (["410303"], ["410303", "410322"], ["410300"]):
        criteria = {"names_contain": "洛阳分区示例", "regions": regions}
        row = frozen_round(work.people, RULES, **task, criteria=criteria)
        if regions == ["410303"]:
            row = drawing.sign(running.gateway, drawing.throw(running.gateway, row))
            drawn = row
        else:
            Ceremony(running.gateway, row).commit()
        pools[tuple(regions)] = counts(running.gateway, row)["FQ", "ALL"][1]
    assert pools == {("410303",): 2, ("410303", "410322"): 6, ("410300",): 9}
    results = running.gateway.sign_in("operator").pages(f"/draw/v1/rounds/{drawn['id']}/results")
    assert {one["object_id"] for one in results} == set(firms["410303"])
    (shown,) = running.gateway.anyone().get(f"/public/draws/{drawn['draw_id']}/probabilities")
    assert shown["conditions"] == "地理区域：洛阳市西工区；名称含有：“洛阳分区示例”"


def _credit_code(body):
    return body + credit_code_check_digit(body)


def _frozen(bureau, task, **settings):
    """Freeze a round over one task and fix its manifest."""
    one = Ceremony(bureau, bureau.open(bureau.published(task), **settings))
    one.commit()
    return one.now()


def test_d7_one_draw_takes_several_risk_levels_each_with_its_own_ratio(bureau, make_task):
    firms = bureau.firms("分级", 22)
    levels = dict(zip(firms, "A" * 10 + "B" * 6 + "C" * 3 + "D" * 2, strict=False))
    grades = [{"id": firm, "grade": grade} for firm, grade in levels.items()]
    bureau.admin.post("/registry/v1/grades", {"source": "平台", "month": "2026-10", "grades": grades})
    ratios = {"A": 500, "B": 2000, "C": 6000, "D": 10_000}
    graded = make_task(criteria={"names_contain": "分级"}, by_grade=True, ratios=ratios, ratio_bp=None)
    problems = bureau.unfrozen(bureau.published(graded))["problems"]
    assert [one["code"] for one in problems] == ["stratum_without_ratio"] and "层 U" in problems[0]["message"]

    row = bureau.drawn(bureau.published(graded | {"ratios": ratios | {"U": 10_000}}))
    drawn = {stratum: count for (_, stratum), count in counts(bureau, row).items()}
    assert drawn == {"A": (1, 10), "B": (2, 6), "C": (2, 3), "D": (2, 2), "U": (1, 1)}
    for line in bureau.rows(row, "results"):
        assert levels.get(line["object_id"], "U") == line["stratum"]
    mixed = graded | {"ratios": {"A": 500, "B": 2000, "D": 10_000}, "counts": {"C": 1}, "ratio_bp": 3000}
    shown = _frozen(bureau, mixed)
    drawn = {stratum: count for (_, stratum), count in counts(bureau, shown).items()}
    assert drawn == {"A": (1, 10), "B": (2, 6), "C": (1, 3), "D": (2, 2), "U": (1, 1)}, "C has a number"
    planner, path = bureau.sign_in("planner"), f"/draw/v1/plans/{bureau.draft()['id']}/tasks"
    both = planner.refused("POST", path, graded | {"ratios": ratios, "counts": {"C": 1}})
    assert both["status"] == 422 and "C" in both["faults"][0]["message"]


def test_d8_at_least_the_ratio_is_drawn_never_none_and_the_floor_holds_for_the_whole(bureau, make_task):
    for word, count, ratio, drawn in (("零头", 7, 500, 1), ("进位", 21, 500, 2), ("整除", 20, 1000, 2)):
        bureau.firms(word, count)
        row = _frozen(bureau, make_task(criteria={"names_contain": word}, ratio_bp=ratio))
        assert counts(bureau, row)["CAHR", "ALL"] == (drawn, count), word
    firms = bureau.firms("总量", 42)
    grades = [{"id": firm, "grade": "AB"[number == 0]} for number, firm in enumerate(firms)]
    bureau.admin.post("/registry/v1/grades", {"source": "平台", "month": "2026-10", "grades": grades})
    low = make_task(
        criteria={"names_contain": "总量"}, by_grade=True, ratios={"A": 100, "B": 600}, ratio_bp=None
    )
    (problem,) = bureau.unfrozen(bureau.published(low))["problems"]
    assert problem["code"] == "ratio_below_floor" and "所要求的 3 家" in problem["message"]
    enough = _frozen(bureau, low | {"ratios": {"A": 400, "B": 600}})
    assert sum(drawn for drawn, _ in counts(bureau, enough).values()) == 3


def test_d9_reasons_to_raise_are_strata_of_their_own_whose_chances_are_public(bureau, make_task):
    listed, complained, *others = bureau.firms("加大", 13)
    complained = [complained, *others[:3]]
    for firm, code in (
        (listed, "abnormal_list"),
        (listed, "complaints"),
        *((f, "complaints") for f in complained),
    ):
        entry = {"list_code": code, "valid_from": str(china_today()), "source": "公示系统"}
        bureau.admin.post(f"/registry/v1/subjects/{firm}/lists", entry)
    raises = [
        {"reason": "abnormal_list", "ratio_bp": 10_000}, {"reason": "complaints", "ratio_bp": 5000},
    ]  # fmt: skip
    body = make_task(criteria={"names_contain": "加大"}, ratio_bp=1000, raises=raises)
    plan = bureau.published(body)
    row = bureau.drawn(plan)
    (shown,) = bureau.anyone().get(f"/public/draws/{row['draw_id']}/probabilities")
    told = {one["code"]: (one["name"], one["probability"], one["percent"]) for one in shown["strata"]}
    assert told == {
        "ALL": ("不分层", "1/8", "12.5%"),
        "R1-ABNORMAL_LIST": ("加大力度：列入经营异常名录", "1/1", "100%"),
        "R2-COMPLAINTS": ("加大力度：投诉举报多", "2/4", "50%"),
    }
    assert counts(bureau, row)["CAHR", "R2-COMPLAINTS"] == (2, 4), "the manifest says the same"
    why = _why(bureau, row, complained[0])
    assert (why["raised_by"], why["probability"]) == ("complaints", "2/4")
    assert "三（二）" in why["explanation"] and "可加大随机抽查力度" in why["explanation"]
    assert _why(bureau, row, listed)["standing"] == "selected"
    planner, path = bureau.sign_in("planner"), f"/draw/v1/plans/{bureau.draft()['id']}/tasks"
    strange = planner.refused("POST", path, body | {"raises": [{"reason": "key_watch", "ratio_bp": 5000}]})
    assert strange["code"] == "raise_not_allowed" and "三（二）" in strange["detail"]
    rising = planner.refused("POST", path, body | {"raises": raises[::-1]})
    lower = planner.refused("POST", path, body | {"raises": [raises[1] | {"ratio_bp": 999}]})
    assert rising["status"] == lower["status"] == 422


@pytest.fixture(scope="module")
def inspected(bureau, make_task):
    """Three firms that were inspected: twice clean, twice with a violation, once clean."""
    twice, once = bureau.firms("旧案甲", 2), bureau.firms("旧案乙", 1)
    clean, violating = twice
    for word in ("旧案", "旧案甲"):
        task = make_task(criteria={"names_contain": word}, ratio_bp=10_000, list_code="CAOLD")
        row = bureau.drawn(bureau.published(task), exempt=False)
        for visit in _visits(bureau, row):
            kind = "violation" if visit["object_id"] == violating else "normal"
            inspecting.inspect(bureau, visit["id"], kind)
    return {"clean": clean, "violating": violating, "once": once[0]}


def _left_out(bureau, make_task, ruleset, expected, **settings):
    """Freeze rounds, each over a task of its own, until the history has arrived and just the expected are left out."""
    body = make_task(criteria={"names_contain": "旧案"}, ratio_bp=10_000, list_code="CAOLD")

    def settled():
        row = bureau.open(bureau.published(body, ruleset_id=ruleset), **settings)
        found = {one["object_id"]: one["reason"] for one in bureau.rows(row, "exclusions")}
        return row if found == expected else None

    return wait_for(f"排除名单为 {expected}", settled, 20)


def _why(bureau, row, object_id):
    found = bureau.sign_in("operator").get(f"/draw/v1/rounds/{row['id']}/objects/{object_id}/why")
    return found["lists"][0]


def test_d10_who_was_inspected_within_three_months_may_be_exempt_unless_abnormal(
    bureau, make_task, inspected
):
    frequency = {"value": {"minimum": 1, "maximum": 9}, "clause": "三（二）", "level": "local"}
    bureau.ruleset("410482-rsj@2022.1.yaml", "410482-d10", selection__frequency=frequency)
    expected = {inspected["clean"]: "exempt_recent", inspected["once"]: "exempt_recent"}
    row = _left_out(bureau, make_task, "410482-d10", expected)
    why = _why(bureau, row, inspected["clean"])
    assert why["standing"] == "excluded"
    assert china_today().isoformat() in why["explanation"] and "三（三）" in why["explanation"]
    assert _why(bureau, row, inspected["violating"])["standing"] == "pooled"
    row = _left_out(bureau, make_task, "410482-d10", {}, exempt=False)
    assert _why(bureau, row, inspected["clean"])["standing"] == "pooled", "可予以免检 is not taken up"
    entry = {"list_code": "abnormal_list", "valid_from": str(china_today()), "source": "公示系统"}
    path = f"/registry/v1/subjects/{inspected['once']}/lists"
    made = bureau.admin.post(path, entry)
    row = _left_out(bureau, make_task, "410482-d10", {inspected["clean"]: "exempt_recent"})
    assert _why(bureau, row, inspected["once"])["standing"] == "pooled", "异常主体 is not exempt"
    bureau.admin.post(f"{path}/{made['id']}/end?day={china_today()}")


def test_p8_an_object_reaches_the_frequency_of_its_year_and_is_drawn_no_more(bureau, make_task, inspected):
    expected = dict.fromkeys((inspected["clean"], inspected["violating"]), "frequency_max")
    row = _left_out(bureau, make_task, "410482-rsj", expected, exempt=False)
    why = _why(bureau, row, inspected["violating"])
    assert (why["reason"], why["clause"], why["cause_on"]) == (
        "frequency_max", "三（二）", china_today().isoformat(),
    )  # fmt: skip
    assert "年抽查 1 至 2 次" in why["explanation"] and len(why["evidence"]) == 64


def test_d11_two_inspections_in_a_year_without_violation_keep_an_object_out(bureau, make_task, inspected):
    bureau.ruleset("441624-rsj@2019.1.yaml", "410482-hp11", limits__second_visit=None)
    row = _left_out(bureau, make_task, "410482-hp11", {inspected["clean"]: "repeat_avoidance"}, exempt=False)
    assert _why(bureau, row, inspected["clean"])["standing"] == "excluded"
    assert _why(bureau, row, inspected["once"])["standing"] == "pooled", "one inspection is not two"
    assert _why(bureau, row, inspected["violating"])["standing"] == "pooled"


def _settled(bureau, made, state):
    """Wait until an import of earlier inspections is in a state."""
    path = f"/draw/v1/history/imports/{made['id']}"
    return wait_for(state, lambda: (found := bureau.admin.get(path))["state"] == state and found)


def test_d11_inspections_of_earlier_years_come_from_a_file_that_is_checked_first(bureau, make_task):
    first, second = bureau.firms("历年", 2)
    near, far = (str(china_today() - timedelta(days=days)) for days in (60, 200))
    rows = [
        ("统一社会信用代码/注册号", "检查完成日期", "检查结果"), (first, near, "未发现问题"), (first, far, "1"),
        (second, near, "发现问题已责令整改"), (second, "去年", "合格"),
    ]  # fmt: skip
    out = "\n".join(",".join(row) for row in rows).encode("gb18030")
    digest = hashlib.sha256(out).hexdigest()
    bureau.admin.send("PUT", f"/registry/v1/uploads/{digest}", content=out)

    for expected in ((3, 0), (0, 3)):
        asked = {"upload_sha256": digest, "source": "上年度台账"}
        made = bureau.admin.post("/draw/v1/history/imports", asked)
        checked = _settled(bureau, made, "checked")
        assert (checked["read"], checked["added"], checked["unchanged"], checked["refused"]) == (
            4,
            *expected,
            1,
        )
        (problem,) = bureau.admin.get(f"/draw/v1/history/imports/{made['id']}/problems")["items"]
        assert (problem["line"], problem["code"]) == (5, "date_invalid")
        bureau.admin.post(f"/draw/v1/history/imports/{made['id']}/confirm")
        _settled(bureau, made, "done")
    bureau.ruleset("441624-rsj@2019.1.yaml", "410482-hist", limits__second_visit=None)
    task = make_task(criteria={"names_contain": "历年"}, ratio_bp=10_000)
    row = bureau.open(bureau.published(task, ruleset_id="410482-hist"))
    left_out = {one["object_id"]: one["reason"] for one in bureau.rows(row, "exclusions")}
    assert left_out == {first: "repeat_avoidance"}
    why = _why(bureau, row, first)
    assert why["cause_on"] == near
    assert "应避免重复抽查" in why["explanation"]


def test_d12_a_yearly_cap_keeps_an_object_without_penalty_out_of_further_draws(bureau, make_task, inspected):
    bureau.ruleset(
        "410300-rsj@2022.1.yaml", "410482-cap",
        limits__yearly_cap={
            "value": {"inspections": 1, "only_without_penalty": True}, "clause": "国办发〔2024〕54号", "level": "law",
        },
        limits__second_visit=None,
    )  # fmt: skip
    expected = {inspected["clean"]: "yearly_cap", inspected["once"]: "yearly_cap"}
    row = _left_out(bureau, make_task, "410482-cap", expected)
    why = _why(bureau, row, inspected["once"])
    assert why["standing"] == "excluded" and "国办发〔2024〕54号" in why["explanation"]
    assert _why(bureau, row, inspected["violating"])["standing"] == "pooled"


def test_d12_the_cap_counts_the_inspections_of_all_bodies_or_of_the_body_that_draws(bureau, make_task):
    own, others = bureau.firms("两家机关", 2)
    rows = [
        ("统一社会信用代码/注册号", "检查完成日期", "检查结果", "检查机关"),
        (own, str(china_today()), "未发现问题", ""), (others, str(china_today()), "未发现问题", "某市场监督管理局"),
    ]  # fmt: skip
    out = "\n".join(",".join(row) for row in rows).encode()
    digest = hashlib.sha256(out).hexdigest()
    bureau.admin.send("PUT", f"/registry/v1/uploads/{digest}", content=out)
    made = bureau.admin.post(
        "/draw/v1/history/imports", {"upload_sha256": digest, "source": "两家机关的台账"}
    )
    _settled(bureau, made, "checked")
    bureau.admin.post(f"/draw/v1/history/imports/{made['id']}/confirm")
    _settled(bureau, made, "done")
    for per, expected in (("object", {own, others}), ("body", {own})):
        cap = {"value": {"inspections": 1, "per": per}, "clause": "国办发〔2024〕54号", "level": "law"}
        bureau.ruleset(
            "410300-rsj@2022.1.yaml", f"410482-cap-{per}", limits__yearly_cap=cap, limits__second_visit=None
        )
        bureau.firms("两家机关", 1)
        task = make_task(criteria={"names_contain": "两家机关"}, ratio_bp=10_000)
        row = bureau.open(bureau.published(task, ruleset_id=f"410482-cap-{per}"))
        left_out = {one["object_id"]: one["reason"] for one in bureau.rows(row, "exclusions")}
        assert left_out == dict.fromkeys(expected, "yearly_cap"), per


def test_p11_under_s2_as_it_ships_the_same_body_does_not_come_again_within_the_window(
    bureau, make_task, inspected
):
    bureau.ruleset("441624-rsj@2019.1.yaml", "410482-once")
    (fresh,) = bureau.firms("旧案丙", 1)
    expected = dict.fromkeys(inspected.values(), "second_visit")
    expected[inspected["clean"]] = "repeat_avoidance"
    row = _left_out(bureau, make_task, "410482-once", expected)
    why = _why(bureau, row, inspected["once"])
    assert (why["standing"], why["reason"], why["clause"]) == ("excluded", "second_visit", "第十六条")
    assert _why(bureau, row, fresh)["standing"] == "pooled", "nobody came there yet"


def test_d13_inspectors_are_drawn_at_random_and_never_fewer_than_the_ruleset_wants(bureau, make_task, joint):
    planner, path = bureau.sign_in("planner"), f"/draw/v1/plans/{bureau.draft()['id']}/tasks"
    refused = planner.refused("POST", path, make_task(team=2))
    assert refused["code"] == "team_too_small" and "不少于 3 人" in refused["detail"]
    bureau.ruleset("130227-rsj@2024.1.yaml", "410482-qx13")
    path = f"/draw/v1/plans/{bureau.draft('410482-qx13')['id']}/tasks"
    assert planner.refused("POST", path, make_task(team=1))["code"] == "team_too_small"
    assert planner.post(path, make_task(team=2))["team"] == 2

    matches = bureau.rows(joint["row"], "matches")
    assert len(matches) == 8 and all(len(set(one["team"])) == 3 for one in matches)
    assert len({tuple(sorted(one["team"])) for one in matches if one["crew"] == "LDJC"}) > 1
    path = f"/draw/v1/rounds/{joint['row']['id']}/matches"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused = bureau.sign_in("operator").refused(method, path, {"team": ["RZCA101"]})
        assert refused["status"] == 405, refused


def test_d14_candidates_are_one_to_three_times_the_need_in_the_order_drawn(bureau, make_task, joint):
    planner, path = bureau.sign_in("planner"), f"/draw/v1/plans/{bureau.draft()['id']}/tasks"
    assert planner.post(path, make_task(team=3, alternates=6))["alternates"] == 6
    assert planner.post(path, make_task(team=3, alternates=0, list_code="CA0"))["alternates"] == 0
    refused = planner.refused("POST", path, make_task(team=3, alternates=7))
    assert refused["code"] == "too_many_candidates" and "3 倍（9 人）" in refused["detail"]
    for match in bureau.rows(joint["row"], "matches"):
        candidates = [*match["team"], *match["alternates"]]
        assert len(set(candidates)) == len(candidates) == 5
    printed = [fields[3:] for fields in bureau.table(joint["row"], "match.tsv")]
    listed = [
        [",".join(one["team"]), ",".join(one["alternates"])] for one in bureau.rows(joint["row"], "matches")
    ]
    assert printed == listed


@pytest.fixture(scope="module")
def replaced(bureau, make_task):
    """A completed round in which two inspectors and one object were replaced, with the requests."""
    bureau.firms("递补", 10)
    row = bureau.drawn(bureau.published(make_task(criteria={"names_contain": "递补"}, ratio_bp=2000)))
    operator, legal = bureau.sign_in("operator"), bureau.sign_in("legal")
    path, match = f"/draw/v1/rounds/{row['id']}/substitutions", bureau.rows(row, "matches")[0]

    def ask(who, code, reason):
        body = {"who": who, "reason_code": code, "reason": reason, "evidence": EVIDENCE}
        return operator.post(path, body)

    def inspector(out):
        return {"kind": "inspector", "object_id": match["object_id"], "crew": "LDJC", "out": out}

    asked = ask(inspector(match["team"][0]), "other_official_duty", "确有其他重要公务")
    refused = [operator.refused("POST", f"{path}/{asked['id']}/approve", {})]
    first = legal.post(f"{path}/{asked['id']}/approve")
    refused.append(legal.refused("POST", f"{path}/{asked['id']}/approve", {}))
    gone = ask(inspector(match["team"][0]), "other_official_duty", "已经被替换的人")
    refused.append(legal.refused("POST", f"{path}/{gone['id']}/approve", {}))
    related = ask(inspector(match["team"][1]), "recusal", "近亲属关系，回避")
    second = legal.post(f"{path}/{related['id']}/approve")
    drawn, *_, spare = sorted(bureau.rows(row, "results"), key=lambda line: line["rank"])
    out = {"kind": "object", "list_code": "CAHR", "stratum": "ALL", "out": drawn["object_id"]}
    third = legal.post(f"{path}/{ask(out, 'cancelled', '已注销')['id']}/approve")
    return {"row": row, "match": match, "refused": refused, "made": [first, second, third], "spare": spare}


def test_d15_whoever_steps_in_is_the_next_in_the_order_drawn_and_chosen_by_nobody(bureau, replaced):
    first, second, third = (one["outcome"] for one in replaced["made"])
    assert [first["in"], second["in"]] == replaced["match"]["alternates"]
    assert (third["in"], third["rank"]) == (replaced["spare"]["object_id"], replaced["spare"]["rank"])
    assert replaced["spare"]["kind"] == "R"
    codes = [(one["status"], one["code"]) for one in replaced["refused"]]
    assert codes == [(403, "same_person"), (409, "wrong_state"), (422, "substitution_refused")]
    chosen = {"who": {"kind": "inspector", "object_id": replaced["match"]["object_id"], "crew": "LDJC",
                      "out": replaced["match"]["team"][2], "into": "RZCA106"},
              "reason_code": "recusal", "reason": "指定", "evidence": EVIDENCE}  # fmt: skip
    path = f"/draw/v1/rounds/{replaced['row']['id']}/substitutions"
    assert bureau.sign_in("operator").refused("POST", path, chosen)["status"] == 422
    out = replaced["made"][2]["wanted"]["out"]
    left, came = _why(bureau, replaced["row"], out), _why(bureau, replaced["row"], third["in"])
    assert (left["standing"], left["rank"]) == ("dropped_out", 1) and "已注销" in left["explanation"]
    assert (came["standing"], came["rank"]) == ("stepped_in", third["rank"]) and out in came["explanation"]
    assert all(one["ticket"] and f"“{one['clause']}”" in one["explanation"] for one in (left, came))


def test_d16_grounds_of_ones_own_and_force_majeure_count_where_the_ruleset_knows_them(bureau, make_task):
    bureau.ruleset("441624-rsj@2019.1.yaml", "410482-hp16")
    bureau.item("CA-D16C", department="LDJC")
    people = bureau.inspectors(471, 4, "LDJC", ["CA-D16C"])
    firms = bureau.firms("自请", 2)
    grounds = ("self_requested", "former_inspector")
    for person, firm, ground in zip(people, firms, grounds, strict=False):
        body = {"object_id": firm, "reason": ground}
        bureau.admin.post(f"/registry/v1/inspectors/{person}/recusals", body)
    task = make_task(
        items=["CA-D16C"], criteria={"names_contain": "自请"}, ratio_bp=10_000, team=2, alternates=1
    )
    row = bureau.drawn(bureau.published(task, ruleset_id="410482-hp16"))
    matches = {one["object_id"]: one for one in bureau.rows(row, "matches")}
    for person, firm in zip(people, firms, strict=False):
        assert person not in [*matches[firm]["team"], *matches[firm]["alternates"]]
    match = matches[firms[0]]
    who = {"kind": "inspector", "object_id": firms[0], "crew": "LDJC", "out": match["team"][0]}
    body = {"who": who, "reason_code": "force_majeure", "reason": "道路中断", "evidence": EVIDENCE}
    path = f"/draw/v1/rounds/{row['id']}/substitutions"
    asked = bureau.sign_in("operator").post(path, body)
    made = bureau.sign_in("legal").post(f"{path}/{asked['id']}/approve")
    assert made["outcome"]["in"] == match["alternates"][0]
    changes = bureau.anyone().get(f"/public/draws/{row['draw_id']}/changes")
    told = [(one["reason"], one["by"], one["at"], one["text"]) for one in changes if one["kind"] == "recusal"]
    assert told == [
        (words, ["rz-reg-admin"], str(china_today()), "抽取前申报回避 1 人次")
        for words in ("曾检查该对象", "本人申请回避")
    ]
    assert not any(person in json.dumps(told) for person in people), "whose relation it is stays private"
    (replaced,) = [one for one in changes if one["kind"] == "substitution"]
    assert replaced["reason"] == "不可抗力：道路中断" and replaced["clause"] == "第十二条"


def test_d16_who_is_recused_never_goes_and_who_cannot_go_is_replaced(bureau, make_task, replaced):
    bureau.item("CA-D16", department="LDJC")
    people = bureau.inspectors(411, 4, "LDJC", ["CA-D16"])
    firms = bureau.firms("回避", 3)
    for person, firm, reason in zip(people, firms, ("relative", "employer", "requested"), strict=False):
        body = {"object_id": firm, "reason": reason}
        made = bureau.admin.post(f"/registry/v1/inspectors/{person}/recusals", body)
        assert (made["object_id"], made["reason"]) == (firm, reason)
    wrong = {"object_id": firms[0], "reason": "dislike"}
    refused = bureau.admin.refused("POST", f"/registry/v1/inspectors/{people[3]}/recusals", wrong)
    assert refused["status"] == 422
    task = make_task(items=["CA-D16"], criteria={"names_contain": "回避"}, ratio_bp=10_000, alternates=0)
    plan = bureau.published(task)
    row = bureau.drawn(plan)
    teams = {match["object_id"]: set(match["team"]) for match in bureau.rows(row, "matches")}
    assert teams == {firm: set(people) - {person} for person, firm in zip(people, firms, strict=False)}
    shown = bureau.admin.get(f"/registry/v1/inspectors/{people[0]}/recusals")["items"][0]
    assert (shown["ground"], shown["clause"]) == (
        "与检查对象负责人有近亲属关系", "《劳动保障监察条例》第十六条第二款",
    )  # fmt: skip
    reasons = {(fields[0], fields[2]) for fields in bureau.table(row, "recusals.tsv")}
    assert {who for who, _ in reasons} == set(people[:3])
    body = {"object_id": firms[0], "reason": "interest"}
    bureau.admin.post(f"/registry/v1/inspectors/{people[3]}/recusals", body)
    problems = bureau.unfrozen(plan, exempt=False)["problems"]
    assert [(one["code"], one["object_id"]) for one in problems] == [("unstaffable", firms[0])]
    assert [one["reason"] for one in replaced["made"][:2]] == ["确有其他重要公务", "近亲属关系，回避"]
    match, path = replaced["match"], f"/draw/v1/rounds/{replaced['row']['id']}/substitutions"
    who = {"kind": "inspector", "object_id": match["object_id"], "crew": "LDJC", "out": match["team"][2]}
    body = {"who": who, "reason_code": "force_majeure", "reason": "道路中断", "evidence": EVIDENCE}
    refused = bureau.sign_in("operator").refused("POST", path, body)
    assert refused["code"] == "reason_not_allowed" and "“四”" in refused["detail"]


def test_d16_who_lives_at_the_address_of_an_object_is_recused_by_rule(bureau, make_task):
    bureau.item("CA-D16B", department="LDJC")
    people = bureau.inspectors(416, 4, "LDJC", ["CA-D16B"])
    firms = bureau.firms("同址", 2)
    home = {"address": "汝州市 示范路（1）号"}
    assert (
        bureau.admin.send("PUT", f"/registry/v1/inspectors/{people[0]}/address", json=home).status_code == 204
    )
    task = make_task(items=["CA-D16B"], criteria={"names_contain": "同址"}, ratio_bp=10_000, alternates=0)
    row = bureau.drawn(bureau.published(task))
    (found,) = bureau.table(row, "recusals.tsv")
    assert found[0] == people[0] and found[1] in firms and found[2] == "found_by_rule"
    teams = {match["object_id"]: match["team"] for match in bureau.rows(row, "matches")}
    assert people[0] not in teams[found[1]]
    changes = bureau.anyone().get(f"/public/draws/{row['draw_id']}/changes")
    (recusal,) = [one for one in changes if one["kind"] == "recusal"]
    assert "1 人次" in recusal["text"] and "第四十三条" in recusal["clause"]


def test_d17_each_object_gets_people_who_are_qualified_for_its_matters(bureau, make_task):
    for code, first in (("CA-D17A", 421), ("CA-D17B", 431)):
        bureau.item(code, department="LDJC")
        bureau.inspectors(first, 4, "LDJC", [code])
    only_a, only_b = bureau.firms("专才甲", 2), bureau.firms("专才乙", 2)
    plan = bureau.published(
        make_task(items=["CA-D17A"], list_code="CADA", criteria={"names_contain": "专才甲"}, ratio_bp=10_000),
        make_task(items=["CA-D17B"], list_code="CADB", criteria={"names_contain": "专才乙"}, ratio_bp=10_000),
    )
    for match in bureau.rows(bureau.drawn(plan), "matches"):
        tens = {"2" if match["object_id"] in only_a else "3"}
        assert {one[-2] for one in [*match["team"], *match["alternates"]]} == tens
        assert match["object_id"] in only_a + only_b
    both = make_task(items=["CA-D17A", "CA-D17B"], list_code="CADC", criteria={"names_contain": "专才甲"})
    problems = bureau.unfrozen(bureau.published(both), exempt=False)["problems"]
    assert {(one["code"], one["object_id"]) for one in problems} == {("unstaffable", one) for one in only_a}


def test_d18_upon_a_trigger_named_people_go_directly_with_a_reason_that_two_answer_for(bureau, make_task):
    bureau.ruleset("410300-rsj@2022.1.yaml", "410482-d18")
    bureau.item("CA-D18", department="LDJC")
    people = bureau.inspectors(461, 4, "LDJC", ["CA-D18"])
    firms = bureau.firms("直派", 3)
    planner, operator, legal = (bureau.sign_in(user) for user in ("planner", "operator", "legal"))
    trigger = planner.post(
        "/draw/v1/triggers",
        {"source": "complaint_case", "received_on": str(china_today()), "content_sha256": EVIDENCE,
         "summary": "群众反映收取押金", "objects": firms[:2]},
    )  # fmt: skip
    body = make_task(
        items=["CA-D18"], kind="complaint_case", trigger_ids=[trigger["id"]], criteria={"ids": firms[:2]},
        ratio_bp=10_000, team=2, alternates=0,
    )  # fmt: skip
    plan = bureau.published(body, ruleset_id="410482-d18")
    dispatch = {"inspectors": people[:2], "reason": "投诉举报须当日核查", "evidence": EVIDENCE}

    def wanted(plan, **changes):
        request = drawing.round_request([task["id"] for task in plan["tasks"]], china_today())
        return request | {"dispatch": dispatch | changes}

    opened = operator.post("/draw/v1/rounds", wanted(plan))
    path = f"/draw/v1/rounds/{opened['id']}"
    assert [one["code"] for one in operator.get(path)["problems"]] == ["dispatch_unapproved"]
    assert operator.refused("POST", f"{path}/dispatch/approve", {})["code"] == "same_person"
    legal.post(f"{path}/dispatch/approve")
    frozen = drawing.reach(bureau, opened["id"], "frozen")
    row = drawing.sign(bureau, drawing.throw(bureau, frozen))
    assert {one["object_id"]: set(one["team"]) for one in bureau.rows(row, "matches")} == {
        firm: set(people[:2]) for firm in firms[:2]
    }
    assert {one["object_id"] for one in _visits(bureau, row)} == set(firms[:2]), "visits as of any draw"
    changes = bureau.anyone().get(f"/public/draws/{row['draw_id']}/changes")
    (told,) = [one for one in changes if one["kind"] == "direct_dispatch"]
    assert (told["by"], told["reason"]) == (["rz-operator", "rz-legal"], dispatch["reason"])
    assert told["evidence"] == EVIDENCE and told["clause"] == "第二条、第七条（四）"

    unfit = operator.post("/draw/v1/rounds", wanted(plan, inspectors=[people[0], "RZCA999"]))
    legal.post(f"/draw/v1/rounds/{unfit['id']}/dispatch/approve")

    def problems():
        found = operator.get(f"/draw/v1/rounds/{unfit['id']}")["problems"]
        return found if found and found[0]["code"] != "dispatch_unapproved" else None

    (problem,) = wait_for("选派被拒绝", problems)
    assert problem["code"] == "inspector_unfit" and "RZCA999" in problem["message"]
    planned = bureau.published(make_task(criteria={"names_contain": "直派"}), ruleset_id="410482-d18")
    refused = operator.refused("POST", "/draw/v1/rounds", wanted(planned))
    assert refused["code"] == "dispatch_refused" and "触发式" in refused["detail"]
    random_only = bureau.published(make_task(criteria={"names_contain": "直派"}))
    refused = operator.refused("POST", "/draw/v1/rounds", wanted(random_only))
    assert refused["code"] == "dispatch_refused" and "“四”" in refused["detail"]


def test_d19_one_joint_team_covers_the_matters_of_every_department(joint, visits):
    assert len(visits) == 4, "both departments meet at the same four firms"
    for visit in visits:
        assert {check["crew"]: check["department"] for check in visit["checks"]} == {
            "LDJC": "劳动保障监察支队", "RLZY": "人力资源市场科",
        }  # fmt: skip
        assert {item["code"] for check in visit["checks"] for item in check["items"]} == {"CA-HR", "CA-LD"}
        team = [one for one in visit["team"] if one["kind"] == "team"]
        assert sorted(one["crew"] for one in team) == ["LDJC"] * 3 + ["RLZY"] * 3
        assert {one["department"] for one in team} == {"劳动保障监察支队", "人力资源市场科"}


def test_d20_whoever_is_dispatched_gets_the_list_with_the_forms_of_all_matters_and_nobody_else(
    bureau, visits
):
    visit = visits[0]
    for member in visit["team"]:
        if member["kind"] == "team":
            sheet = bureau.sign_in(f"inspector:{member['id']}").get(f"/inspection/v1/visits/{visit['id']}")
            assert sheet["object"]["name"] and sheet["object"]["credit_code"] and sheet["object"]["address"]
            forms = [item["form"] for check in sheet["checks"] for item in check["items"]]
            assert [form["code"] for form in forms] == ["CA-F", "CA-F"]
            assert all(form["questions"] and form["json_schema"]["required"] for form in forms)
    stranger = bureau.sign_in("inspector:RZCA999")
    assert stranger.get("/inspection/v1/visits")["items"] == []
    refused = stranger.refused("GET", f"/inspection/v1/visits/{visit['id']}", None)
    assert refused["status"] in {403, 404}


def test_d21_objects_and_people_come_from_the_same_frozen_lists(bureau, joint, visits):
    files, row = bureau.bundle(joint["row"]), joint["row"]
    inputs = json.loads(files["manifest.json"])["inputs"]
    for name in ("pool", "excluded", "inspectors", "recusals"):
        assert inputs[name]["sha"] == hashlib.sha256(files[f"{name}.tsv"]).hexdigest()
    pool = {fields[1] for fields in bureau.table(row, "pool.tsv")}
    people = {fields[0] for fields in bureau.table(row, "inspectors.tsv")}
    assert pool == set(joint["firms"]) and people == {f"RZCA{n}0{m}" for n in (1, 2) for m in range(1, 7)}
    assert {visit["object"]["id"] for visit in visits} <= pool
    assert {one["id"] for visit in visits for one in visit["team"]} <= people
    outsider = bureau.firms("联合甲", 1)[0]
    assert _why(bureau, row, outsider)["standing"] == "absent", "a list never changes after its freeze"


def test_d22_objects_of_each_supervising_agency_are_inspected_by_its_own_people(bureau, make_task):
    bureau.item("CA-D22", department="LDJC")
    units = {"CA-DQ1": bureau.inspectors(441, 3, "LDJC", ["CA-D22"], unit="CA-DQ1"),
             "CA-DQ2": bureau.inspectors(451, 3, "LDJC", ["CA-D22"], unit="CA-DQ2")}  # fmt: skip
    rows = [("企业名称", "统一社会信用代码", "行政区划代码", "监管单位")]
    rows += [(f"汝州市监察{n}", bureau.code(), "410482", f"CA-DQ{n % 2 + 1}") for n in range(6)]
    assert bureau.import_file("subjects", rows)["accepted"] == 6
    plan = bureau.published(
        make_task(items=["CA-D22"], criteria={"names_contain": "汝州市监察"}, ratio_bp=10_000, alternates=0)
    )
    row = bureau.drawn(plan, units_by="unit")
    of_object = {code: unit for _, code, _, unit in rows[1:]}
    matches = bureau.rows(row, "matches")
    assert {one["object_id"]: one["unit"] for one in matches} == of_object
    assert all(set(one["team"]) == set(units[one["unit"]]) for one in matches)
    exported = {fields[1]: fields[3] for fields in bureau.table(row, "pool.tsv")}
    assert exported == of_object and len(bureau.table(row, "match.tsv")) == 6
    table = bureau.sign_in("operator").send("GET", f"/draw/v1/rounds/{row['id']}/export").content
    told = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert {one["统一社会信用代码/注册号"]: one["监管单位"] for one in told} == of_object
    assert {one["抽取结果"] for one in told} == {"抽中"} and {one["被抽中的概率"] for one in told} == {"6/6"}
    names = {one["检查人员"] for one in told}
    assert all(len(name.split("、")) == 3 for name in names), "the team of three, by name"
    each = [
        make_task(name=f"{unit}抽查", items=["CA-D22"], list_code=unit, ratio_bp=500, alternates=0,
                  criteria={"names_contain": "汝州市监察", "units": [unit]})
        for unit in units
    ]  # fmt: skip
    apart = bureau.drawn(bureau.published(*each), units_by="unit", exempt=False)
    assert counts(bureau, apart) == {(unit, "ALL"): (1, 3) for unit in units}, "5 % of each agency's own"
    drawn = [(one["list_code"], of_object[one["object_id"]]) for one in bureau.rows(apart, "results")
             if one["kind"] == "S"]  # fmt: skip
    assert sorted(drawn) == [(unit, unit) for unit in sorted(units)]
    (homeless,) = bureau.firms("监察", 1)
    problem = bureau.unfrozen(plan, units_by="unit", exempt=False)["problems"][0]
    assert problem["code"] == "unit_missing" and homeless not in of_object


def test_d23_every_change_by_hand_is_public_with_who_when_and_why(bureau, replaced):
    (public,) = bureau.anyone().get(f"/public/draws/{replaced['row']['draw_id']}")
    logged = [line for line in public["log"] if line["event"] == "substitution"]
    assert [line["body"]["reason"] for line in logged] == ["确有其他重要公务", "近亲属关系，回避", "已注销"]
    assert all(line["body"]["by"] == ["rz-operator", "rz-legal"] and line["time"] for line in logged)
    assert all(line["body"]["evidence"] == EVIDENCE for line in logged)
    entries = bureau.anyone().get("/public/log/entries", **{"from": logged[0]["index"]})["entries"]
    assert "确有其他重要公务" in entries[0]
    public = f"/public/draws/{replaced['row']['draw_id']}"
    versions = wait_for(
        "证明包", lambda: found if len(found := bureau.anyone().get(f"{public}/bundles")) > 1 else None
    )
    assert versions[0]["sha256"] != versions[-1]["sha256"]
    path = f"/draw/v1/rounds/{replaced['row']['id']}/substitutions"
    out = {"kind": "object", "list_code": "CAHR", "stratum": "ALL", "out": replaced["spare"]["object_id"]}
    changes = bureau.anyone().get(f"/public/draws/{replaced['row']['draw_id']}/changes")
    made = [one for one in changes if one["kind"] == "substitution"]
    assert [one["at"] for one in made] == [line["time"] for line in logged]
    assert all(one["by"] == ["rz-operator", "rz-legal"] and one["evidence"] == EVIDENCE for one in made)
    assert [one["reason"] for one in made] == [
        "确有其他重要公务：确有其他重要公务", "应予回避：近亲属关系，回避", "已注销、吊销或撤销：已注销",
    ]  # fmt: skip
    (exemption,) = [one for one in changes if one["kind"] == "exemption"]
    assert exemption["clause"] == "三（三）" and exemption["by"] == ["rz-operator"]
    for lacking in ({"reason": ""}, {"evidence": ""}, {"reason_code": "mood"}):
        body = {"who": out, "reason_code": "moved", "reason": "理由", "evidence": EVIDENCE} | lacking
        assert bureau.sign_in("operator").refused("POST", path, body)["status"] == 422
