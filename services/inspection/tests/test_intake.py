"""From DrawCompleted to visits."""

import time

import pytest
from drawn_rounds import CREWS, DrawnRound, object_id
from inspecting import BASE, Service, ok
from suicha_chassis.bus import PermanentError, TransientError
from suicha_chassis.files import FileStore
from suicha_chassis.scope import SYSTEM
from suicha_chassis.testing import eventually
from suicha_contracts.events import DrawCompleted
from suicha_contracts.values import FileRef
from suicha_inspection.intake import visits_from_draws


async def test_an_object_drawn_in_two_lists_is_one_visit_with_two_checks(service: Service) -> None:
    both, hr, si = object_id(1), object_id(2), object_id(3)
    visits = await service.drawn(DrawnRound({"HR": [both, hr], "SI": [si, both]}))
    assert set(visits) == {both, hr, si}
    detail = await visits[both].detail()
    assert [(check["list_code"], check["crew"]) for check in detail["checks"]] == [
        ("HR", "LDJC"),
        ("SI", "SBZX"),
    ]
    assert [item["code"] for item in detail["checks"][0]["items"]] == ["LY-HR-01", "LY-HR-02"]
    team = [(one["id"], one["crew"], one["kind"], one["position"]) for one in detail["team"]]
    assert team == [
        ("LYJC001", "LDJC", "team", 1),
        ("LYJC002", "LDJC", "team", 2),
        ("LYJC003", "LDJC", "alternate", 1),
        ("LYJC004", "LDJC", "alternate", 2),
        ("LYSB001", "SBZX", "team", 1),
        ("LYSB002", "SBZX", "team", 2),
        ("LYSB003", "SBZX", "alternate", 1),
    ]
    assert detail["team"][0]["licence_no"] == "豫CLYJC001"
    assert [len((await visits[one].detail())["checks"]) for one in (hr, si)] == [1, 1]


async def test_what_a_visit_shows_comes_from_the_dossier_and_the_frozen_forms(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(4)]})
    detail = await (await service.drawn(round_))[object_id(4)].detail()
    dossier = round_.dossier(object_id(4))
    assert detail["object"]["name"] == dossier.name
    assert detail["object"]["legal_representative"] == "张三"
    item = detail["checks"][0]["items"][0]
    assert item["result"] is None and item["answers"] == {}
    assert [one["key"] for one in item["form"]["questions"]][:2] == ["licence", "kind"]
    assert item["form"]["json_schema"]["required"] == ["licence", "kind"]
    assert detail["state"] == "assigned" and detail["team_minimum"] == 2


async def test_a_round_delivered_twice_and_told_twice_makes_its_visits_once(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(n) for n in range(5, 8)]})
    event = await round_.event(service.runtime.files)
    first = await service.tell(event)
    await service.tell(event, first)  # the same event again
    await service.tell(event)  # the same fact under another id
    await _take(service, event)  # and once more, where a failure would show
    last = DrawnRound({"HR": [object_id(8)]})
    await service.drawn(last)  # delivered in order: the three before are through
    for table in ("visits", "checks", "rounds"):
        column = "id" if table == "rounds" else "round_id"
        count = await service.count(
            f"SELECT count(*) FROM {table} WHERE {column} = :round", round=round_.round_id
        )
        assert count == (1 if table == "rounds" else 3)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("match_lines", "without a team"),
        ("dossiers", "without a dossier"),
        ("package", "unreadable package"),
        ("visits", "the event says"),
        ("columns", "stage_result"),
        ("inspectors", "does not know"),
    ],
)
async def test_a_round_that_contradicts_itself_is_refused_whole_with_its_reason(
    service: Service, lines: str, words: str
) -> None:
    round_ = DrawnRound({"HR": [object_id(9), object_id(10)]})
    files = service.runtime.files
    event = await round_.event(files)
    if lines == "visits":
        event = event.model_copy(update={"visits": 3})
    elif lines == "inspectors":
        round_.teams = {**round_.teams, "LDJC": ["LYJC001", "NOBODY"]}
        event = await round_.event(files)
    else:
        broken = {
            "match_lines": ("match", round_.match_lines()[0].encode() + b"\n"),
            "dossiers": ("dossier", round_.dossier(object_id(9)).model_dump_json().encode() + b"\n"),
            "package": ("package", b'{"lists": 1}'),
            "columns": ("result", b"HR\tALL\n"),
        }[lines]
        ref = await files.put(broken[1])
        event = event.model_copy(update={"files": event.files.model_copy(update={broken[0]: ref})})
    with pytest.raises(PermanentError, match=words):
        await _take(service, event)
    assert await service.count("SELECT count(*) FROM rounds WHERE id = :round", round=round_.round_id) == 0


async def test_a_round_whose_file_is_missing_is_tried_again_until_it_is_there(service: Service) -> None:
    round_ = DrawnRound({"HR": [object_id(11)]})
    event = await round_.event(service.runtime.files)
    absent = event.files.model_copy(update={"dossier": FileRef(sha256="0" * 64, size=1)})
    with pytest.raises(TransientError, match="not in the store"):
        await _take(service, event.model_copy(update={"files": absent}))
    await _take(service, event)
    assert await service.count("SELECT count(*) FROM visits WHERE round_id = :r", r=round_.round_id) == 1


async def test_a_round_that_can_never_be_taken_lands_in_the_dead_letters_and_the_next_goes_on(
    service: Service,
) -> None:
    broken = DrawnRound({"HR": [object_id(12)]})
    await service.tell(await broken.event(service.runtime.files, visits=7))
    visits = await service.drawn(DrawnRound({"HR": [object_id(13)]}))
    assert set(visits) == {object_id(13)}

    async def buried() -> bool:
        metrics = (await service.http.get("/metrics")).text
        line = 'suicha_events_handled_total{consumer="inspection-visits",outcome="buried"}'
        return line in metrics

    await eventually(buried, what="dead letter")


async def test_ten_thousand_visits_arrive_complete(service: Service) -> None:
    ids = [object_id(n) for n in range(100_000, 110_000)]
    round_ = DrawnRound({"HR": ids, "SI": ids[::4]})
    event = await round_.event(service.runtime.files)
    began = time.perf_counter()
    await _take(service, event)
    print(f"10,000 visits, 12,500 checks: {time.perf_counter() - began:.2f} s")
    counts = {
        "visits": 10_000,
        "checks": 12_500,
        "check_items": 10_000 * 2 + 2_500,
        "team_members": 10_000 * len(CREWS["LDJC"]) + 2_500 * len(CREWS["SBZX"]),
    }
    joined = {
        "visits": "visits v",
        "checks": "checks c JOIN visits v ON v.id = c.visit_id",
        "check_items": "check_items i JOIN checks c ON c.id = i.check_id JOIN visits v ON v.id = c.visit_id",
        "team_members": "team_members t JOIN visits v ON v.id = t.visit_id",
    }
    for table, expected in counts.items():
        found = await service.count(
            f"SELECT count(*) FROM {joined[table]} WHERE v.round_id = :round", round=round_.round_id
        )
        assert (table, found) == (table, expected)
    statistics = ok(await service.reviewer.get(f"{BASE}/statistics?round_id={round_.round_id}"))
    assert statistics["to_inspect"] == statistics["waiting"] == 10_000


async def _take(service: Service, event: DrawCompleted) -> None:
    files: FileStore = service.runtime.files
    async with service.runtime.db.transaction(SYSTEM) as session:
        await visits_from_draws(files)(session, event)
