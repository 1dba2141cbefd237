"""抽取: rows D1–D23 of the features that the platform carries out, each through the gateway alone."""

import hashlib
import json
import secrets
from datetime import timedelta

import pytest
from suicha_local.demo import drawing, inspecting
from suicha_local.demo.client import china_today, wait_for

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
        """Let both contributors commit."""
        for session in (self.operator, self.legal):
            session.post(f"{self.path}/commitments", self.commitment(session.user))
        assert self.now()["state"] == "committed"

    def reveal(self, session):
        """Let a contributor reveal."""
        session.post(f"{self.path}/reveals", {"name": session.user, "secret": self.secrets[session.user]})


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
    assert (one.now()["state"], one.now()["manifest_hash"]) == ("frozen", None)
    one.legal.post(commit, one.commitment("legal"))
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


def test_d4_the_draw_is_open_repeatable_by_anyone_and_every_attempt_stays_in_the_log(
    bureau, make_task, tmp_path
):
    bureau.firms("公开", 6)
    plan = bureau.published(make_task(criteria={"names_contain": "公开"}))
    first = Ceremony(bureau, bureau.open(plan))
    first.commit()
    void = {"reason": "骰子落地破损", "evidence": EVIDENCE}
    first.operator.post(f"{first.path}/void", void)
    assert first.operator.refused("POST", f"{first.path}/void/confirm", {})["code"] == "same_person"
    again = {"reveal_by": f"{china_today() + timedelta(days=2)}T00:00:00Z"}
    assert first.operator.refused("POST", f"{first.path}/repeat", again)["status"] == 409
    first.legal.post(f"{first.path}/void/confirm")
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
        {"company_type": "股份有限公司"}, {"scale": "大型"}, {"industry": "F5199"}, {"unit": "CA-D6B"}, {},
    ):  # fmt: skip
        firms += bureau.firms("条件", 1, **fitting | changed)
    wanted = firms[0]
    bureau.firms("别的", 1, **fitting)
    graded = [{"id": firm, "grade": "D"} for firm in firms[:-1]]
    body = {"source": "平台", "month": "2026-10", "grades": graded}
    assert bureau.admin.post("/registry/v1/grades", body)["changed"] == 5
    criteria = {
        "names_contain": "汝州市条件", "kinds": ["enterprise"], "company_types": ["国有独资"],
        "scales": ["小型"], "industries": ["L72"], "regions": ["410482"], "units": ["CA-D6"], "grades": ["D"],
    }  # fmt: skip
    row = bureau.drawn(bureau.published(make_task(criteria=criteria, ratio_bp=10_000)))
    assert [one["object_id"] for one in bureau.rows(row, "results")] == [wanted]
    (shown,) = bureau.anyone().get(f"/public/draws/{row['draw_id']}")[-1]["lists"]
    assert {name: shown["criteria"][name] for name in criteria} == criteria
    for name in ("company_types", "scales", "industries", "units", "grades"):
        fewer = {key: value for key, value in criteria.items() if key != name}
        pool = counts(bureau, _frozen(bureau, make_task(criteria=fewer)))
        assert pool["CAHR", "ALL"][1] == 2, name
    path = f"/draw/v1/plans/{bureau.draft()['id']}/tasks"
    unknown = make_task(criteria={"market_share": "30%"})
    assert bureau.sign_in("planner").refused("POST", path, unknown)["status"] == 422


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
    """Freeze rounds until the history has arrived and exactly the expected objects are left out."""
    body = make_task(criteria={"names_contain": "旧案"}, ratio_bp=10_000, list_code="CAOLD")
    plan = bureau.published(body, ruleset_id=ruleset)

    def settled():
        row = bureau.open(plan, **settings)
        found = {one["object_id"]: one["reason"] for one in bureau.rows(row, "exclusions")}
        return row if found == expected else None

    return wait_for(f"排除名单为 {expected}", settled, 20)


def _why(bureau, row, object_id):
    found = bureau.sign_in("operator").get(f"/draw/v1/rounds/{row['id']}/objects/{object_id}/why")
    return found["lists"][0]


def test_d10_who_was_inspected_within_three_months_may_be_exempt_unless_abnormal(
    bureau, make_task, inspected
):
    expected = {inspected["clean"]: "exempt_recent", inspected["once"]: "exempt_recent"}
    row = _left_out(bureau, make_task, "410482-rsj", expected)
    why = _why(bureau, row, inspected["clean"])
    assert why["standing"] == "excluded"
    assert china_today().isoformat() in why["explanation"] and "三（三）" in why["explanation"]
    assert _why(bureau, row, inspected["violating"])["standing"] == "pooled"
    manifest = _frozen(
        bureau, make_task(criteria={"names_contain": "旧案"}, list_code="CAOLD"), exempt=False
    )["manifest"]
    assert (manifest["lists"][0]["registry_count"], manifest["lists"][0]["strata"][0]["n"]) == (3, 3)


def test_d11_two_inspections_in_a_year_without_violation_keep_an_object_out(bureau, make_task, inspected):
    bureau.ruleset("441624-rsj@2019.1.yaml", "410482-hp11")
    row = _left_out(bureau, make_task, "410482-hp11", {inspected["clean"]: "repeat_avoidance"}, exempt=False)
    assert _why(bureau, row, inspected["clean"])["standing"] == "excluded"
    assert _why(bureau, row, inspected["once"])["standing"] == "pooled", "one inspection is not two"
    assert _why(bureau, row, inspected["violating"])["standing"] == "pooled"


def test_d12_a_yearly_cap_keeps_an_object_without_penalty_out_of_further_draws(bureau, make_task, inspected):
    bureau.ruleset(
        "410300-rsj@2022.1.yaml", "410482-cap",
        limits__yearly_cap={
            "value": {"inspections": 1, "only_without_penalty": True}, "clause": "国办发〔2024〕54号", "level": "law",
        },
    )  # fmt: skip
    expected = {inspected["clean"]: "yearly_cap", inspected["once"]: "yearly_cap"}
    row = _left_out(bureau, make_task, "410482-cap", expected)
    why = _why(bureau, row, inspected["once"])
    assert why["standing"] == "excluded" and "国办发〔2024〕54号" in why["explanation"]
    assert _why(bureau, row, inspected["violating"])["standing"] == "pooled"


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

    def ask(who, reason):
        return operator.post(path, {"who": who, "reason": reason, "evidence": EVIDENCE})

    def inspector(out):
        return {"kind": "inspector", "object_id": match["object_id"], "crew": "LDJC", "out": out}

    asked = ask(inspector(match["team"][0]), "确有其他重要公务")
    refused = [operator.refused("POST", f"{path}/{asked['id']}/approve", {})]
    first = legal.post(f"{path}/{asked['id']}/approve")
    refused.append(legal.refused("POST", f"{path}/{asked['id']}/approve", {}))
    gone = ask(inspector(match["team"][0]), "已经被替换的人")
    refused.append(legal.refused("POST", f"{path}/{gone['id']}/approve", {}))
    second = legal.post(f"{path}/{ask(inspector(match['team'][1]), '近亲属关系，回避')['id']}/approve")
    drawn, *_, spare = sorted(bureau.rows(row, "results"), key=lambda line: line["rank"])
    out = {"kind": "object", "list_code": "CAHR", "stratum": "ALL", "out": drawn["object_id"]}
    third = legal.post(f"{path}/{ask(out, '已注销')['id']}/approve")
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
              "reason": "指定", "evidence": EVIDENCE}  # fmt: skip
    path = f"/draw/v1/rounds/{replaced['row']['id']}/substitutions"
    assert bureau.sign_in("operator").refused("POST", path, chosen)["status"] == 422


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
    reasons = {(fields[0], fields[2]) for fields in bureau.table(row, "recusals.tsv")}
    assert {who for who, _ in reasons} == set(people[:3])
    body = {"object_id": firms[0], "reason": "interest"}
    bureau.admin.post(f"/registry/v1/inspectors/{people[3]}/recusals", body)
    problems = bureau.unfrozen(plan, exempt=False)["problems"]
    assert [(one["code"], one["object_id"]) for one in problems] == [("unstaffable", firms[0])]
    assert [one["reason"] for one in replaced["made"][:2]] == ["确有其他重要公务", "近亲属关系，回避"]


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
    path = f"/draw/v1/rounds/{replaced['row']['id']}/substitutions"
    out = {"kind": "object", "list_code": "CAHR", "stratum": "ALL", "out": replaced["spare"]["object_id"]}
    for lacking in ({"reason": ""}, {"evidence": ""}):
        body = {"who": out, "reason": "理由", "evidence": EVIDENCE} | lacking
        assert bureau.sign_in("operator").refused("POST", path, body)["status"] == 422
