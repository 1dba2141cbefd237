"""The draw log: legal orders only, one chain per draw, times that do not run backwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rid1.errors import RidError
from rid1.log import history, parse_entry
from rid1.states import TRANSITIONS, Event, State, after, allowed
from rid1_support import HASH, World

STRAIGHT = [
    Event.CREATED,
    Event.FROZEN,
    Event.COMMITMENT,
    Event.MANIFEST,
    Event.REVEAL,
    Event.DICE,
    Event.BEACON,
    Event.SEEDED,
    Event.DRAWN,
    Event.SIGNED,
    Event.COMPLETED,
    Event.SUBSTITUTION,
]


def test_the_straight_way_leads_through_every_state_of_the_specification() -> None:
    state, seen = State.NONE, []
    for event in STRAIGHT:
        state = after(state, event)
        seen.append(str(state))
    assert list(dict.fromkeys(seen)) == [
        "draft", "frozen", "committed", "revealed", "seeded", "drawn", "signed", "completed",
    ]  # fmt: skip


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_whatever_the_table_does_not_hold_is_refused(state: State, event: Event) -> None:
    if state in TRANSITIONS[event]:
        assert after(state, event) is TRANSITIONS[event][state]
        assert event in allowed(state)
    else:
        assert event not in allowed(state)
        with pytest.raises(RidError):
            after(state, event)


@pytest.mark.parametrize("state", State)
def test_no_state_is_skipped_and_void_is_the_end(state: State) -> None:
    drawing = {
        Event.SEEDED: "revealed",
        Event.DRAWN: "seeded",
        Event.SIGNED: "drawn",
        Event.MANIFEST: "frozen",
    }
    for event, needed in drawing.items():
        assert (event in allowed(state)) == (state == needed or (event, state) == (Event.SIGNED, "signed"))
    assert (Event.VOID in allowed(state)) == (state not in ("none", "draft", "void"))
    assert allowed(State.VOID) == []


def test_an_honest_log_is_read_into_its_attempt(played: World) -> None:
    own = played.evidence().entries
    [attempt] = history(own)
    assert attempt.state is State.COMPLETED
    assert set(attempt.commitments) == set(attempt.reveals) == {"legal", "operator"}


def test_an_entry_taken_out_breaks_the_chain(played: World) -> None:
    own = list(played.evidence().entries)
    for gone in range(len(own) - 1):
        with pytest.raises(RidError):
            history(own[:gone] + own[gone + 1 :])


def test_an_entry_that_was_changed_breaks_the_chain(played: World) -> None:
    own = list(played.evidence().entries)
    changed = parse_entry(own[3].line.replace(b'"c":"8', b'"c":"9').replace(b'"c":"c', b'"c":"d'), "x")
    assert changed != own[3]
    with pytest.raises(RidError, match="log_chain"):
        history([*own[:3], changed, *own[4:]])


def test_time_that_runs_backwards_is_named(world: World) -> None:
    world.log(Event.CREATED, {})
    world.log(Event.FROZEN, {}, time="2026-11-19T01:00:00Z")
    with pytest.raises(RidError, match="log_time"):
        history(world.entries)


def test_a_second_attempt_without_a_voided_first_is_refused(world: World) -> None:
    world.log(Event.CREATED, {})
    world.attempt = 2
    world.log(Event.CREATED, {})
    with pytest.raises(RidError, match="attempt_hidden"):
        history(world.entries)


@pytest.mark.parametrize(
    ("event", "body"),
    [
        (Event.DICE, {"value": "-", "typed_by": "a", "confirmed_by": "a"}),
        (Event.VOID, {"reason": "r", "evidence": HASH, "by": ["a", "a"]}),
        (Event.VOID, {"reason": "", "evidence": HASH, "by": ["a", "b"]}),
        (Event.MANIFEST, {"manifest_hash": "short"}),
        (Event.DRAWN, {"result_hash": HASH}),
        (Event.COMMITMENT, {"name": "legal", "c": HASH, "more": 1}),
    ],
)
def test_a_body_that_does_not_fit_its_event_is_refused(
    world: World, event: Event, body: dict[str, object]
) -> None:
    with pytest.raises(RidError, match="log_entry"):
        world.log(event, body)


def test_an_entry_is_read_from_its_own_line_only(world: World) -> None:
    entry = world.log(Event.CREATED, {"task": "2026 年度"})
    assert parse_entry(entry.line, "x") == entry
    assert replace(entry, seq=2) != entry
    with pytest.raises(RidError, match="json_not_canonical"):
        parse_entry(entry.line + b" ", "x")
