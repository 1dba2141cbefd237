"""After the draw: the next rank steps in, and a logged substitution out of order is caught."""

from __future__ import annotations

from typing import Any

from rid1.draw import check_inputs, read_manifest, select
from rid1.matching import match_all
from rid1.seed import match_key, seed_of, target_key
from rid1.selection import Drawn, need_of, smallest, unpack
from rid1.states import Event
from rid1.substitution import Roll
from rid1.verify import verify_bundle
from rid1_support import HASH, World

APPROVED = {"reason": "cancelled", "evidence": HASH, "by": ["a", "b"]}


def roll_of(world: World) -> Roll:
    manifest, digest = read_manifest(world.folder)
    roster = check_inputs(manifest, world.folder)
    seed = seed_of(manifest, world.reveals, digest)
    key = target_key(manifest.suite, seed)
    pool = world.folder / "pool.tsv"
    drawn = select(manifest, pool, key)
    matches = match_all(manifest, drawn, roster, match_key(manifest.suite, seed))

    def deeper(key: str, list_code: str, stratum: str, count: int) -> Drawn:
        n = need_of(manifest)[list_code, stratum][0]
        need = dict.fromkeys(need_of(manifest), (n, 0)) | {(list_code, stratum): (n, count)}
        return smallest(pool, manifest.suite, key, need)

    return Roll(manifest, drawn, matches, roster, seed, deeper)


def result(world: World, list_code: str, stratum: str) -> list[list[str]]:
    rows = [line.split("\t") for line in (world.out / "result.tsv").read_text().splitlines()]
    return [row for row in rows if row[:2] == [list_code, stratum]]


def object_step(
    world: World, roll: Roll, list_code: str, stratum: str, out: str, beacon: str | None = None
) -> dict[str, Any]:
    step = roll.object_out(list_code, stratum, out, beacon)
    return {
        "kind": "object",
        "list": list_code,
        "stratum": stratum,
        "out": out,
        "in": step.id,
        "rank": step.rank,
        "team": list(step.team),
        **APPROVED,
    }


def test_the_next_rank_steps_in_and_the_bundle_still_verifies(played: World) -> None:
    roll = roll_of(played)
    ranked = result(played, "HR", "A")
    body = object_step(played, roll, "HR", "A", ranked[1][4])
    assert (body["in"], body["rank"]) == (ranked[4][4], 5)
    played.log(Event.SUBSTITUTION, body)
    report = verify_bundle(played.bundle())
    assert report.fault is None
    assert report.facts["substitutions"] == 1


def test_ranks_beyond_the_listed_substitutes_are_drawn_from_the_same_tickets(played: World) -> None:
    roll = roll_of(played)
    ranked = result(played, "HR", "A")
    for out, rank in ((ranked[0][4], 5), (ranked[1][4], 6), (ranked[2][4], 7)):
        body = object_step(played, roll, "HR", "A", out)
        assert body["rank"] == rank
        played.log(Event.SUBSTITUTION, body)
    assert verify_bundle(played.bundle()).fault is None


def test_a_stratum_that_is_used_up_sends_nobody(played: World) -> None:
    step = roll_of(played).object_out("LD", "D", result(played, "LD", "D")[0][4])
    assert (step.id, step.rank, step.team) == (None, None, ())


def test_a_substitute_out_of_order_is_named(played: World) -> None:
    roll = roll_of(played)
    body = object_step(played, roll, "HR", "A", result(played, "HR", "A")[0][4])
    later = result(played, "HR", "B")[-1][4]
    played.log(Event.SUBSTITUTION, {**body, "in": later})
    fault = verify_bundle(played.bundle()).fault
    assert fault is not None
    assert (fault.code, fault.where) == ("substitute_order", "substitutions.jsonl:1")


def test_an_object_that_was_not_drawn_cannot_drop_out(played: World) -> None:
    body = {"kind": "object", "list": "HR", "stratum": "A", "out": "NOBODY", "in": "X", "rank": 5, "team": []}
    played.log(Event.SUBSTITUTION, {**body, **APPROVED})
    fault = verify_bundle(played.bundle()).fault
    assert fault is not None
    assert fault.code == "substitution"


def test_alternates_step_in_strictly_in_order(played: World) -> None:
    first = (played.out / "match.tsv").read_text().splitlines()[0].split("\t")
    object_id, crew, team, alternates = first[0], first[1], first[3].split(","), first[4].split(",")
    roll = roll_of(played)
    assert roll.inspector_out(object_id, crew, team[0]) == alternates[0]
    assert roll.inspector_out(object_id, crew, alternates[0]) == alternates[1]
    for out, into in ((team[0], alternates[0]), (alternates[0], alternates[1])):
        body = {"kind": "inspector", "object": object_id, "crew": crew, "out": out, "in": into}
        played.log(Event.SUBSTITUTION, {**body, **APPROVED})
    assert verify_bundle(played.bundle()).fault is None
    skipped = {"kind": "inspector", "object": object_id, "crew": crew, "out": team[1], "in": team[0]}
    played.log(Event.SUBSTITUTION, {**skipped, **APPROVED})
    fault = verify_bundle(played.bundle()).fault
    assert fault is not None
    assert fault.code == "substitute_order"


def test_a_team_that_takes_over_has_no_recused_member(played: World) -> None:
    roll = roll_of(played)
    manifest, _ = read_manifest(played.folder)
    roster = check_inputs(manifest, played.folder)
    drawn = {row[4] for row in result(played, "HR", "B")}
    pool = {row.split("\t")[1]: row.split("\t")[3] for row in played.lines("pool")}
    body = object_step(played, roll, "HR", "B", result(played, "HR", "B")[0][4])
    assert body["in"] in drawn
    eligible = {i.id for i in roster.eligible("LDJC", pool[body["in"]], body["in"], ["HR"])}
    assert set(body["team"]) <= eligible
    assert len(set(body["team"])) == 2


def test_packed_objects_are_read_back() -> None:
    pick = unpack(b"\1" * 32 + b"ID\tU1")
    assert (pick.ticket, pick.id, pick.unit) == ("01" * 32, "ID", "U1")
