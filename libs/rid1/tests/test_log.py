"""The draw log: legal orders only, one chain per draw, times that do not run backwards."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rid1.errors import RidError
from rid1.log import history, parse_entry
from rid1.states import Event, State, after, allowed
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


SPECIFIED = """
none       created       draft
draft      frozen        frozen
frozen     witnessed     frozen
frozen     commitment    frozen
frozen     manifest      committed
frozen     lots          drawn
frozen     void          void
committed  reveal        revealed
committed  dice          revealed
committed  beacon        revealed
committed  void          void
revealed   reveal        revealed
revealed   dice          revealed
revealed   beacon        revealed
revealed   seeded        seeded
revealed   void          void
seeded     drawn         drawn
seeded     void          void
drawn      signed        signed
drawn      void          void
signed     signed        signed
signed     completed     completed
signed     void          void
completed  reveal        completed
completed  dropout       completed
completed  substitution  completed
completed  void          void
"""
"""State, event and the state after, as RID/1 §4, §5 and §8 tell it; written down here apart from the code."""


def test_every_event_in_every_state_does_what_the_specification_says_or_is_refused_in_chinese() -> None:
    rows = [line.split() for line in SPECIFIED.split("\n") if line]
    due = {(state, event): following for state, event, following in rows}
    assert len(due) == len(rows)
    assert {str(event) for event in Event} == {event for _, event in due}
    for state in State:
        assert {str(event) for event in allowed(state)} == {event for at, event in due if at == state}
        for event in Event:
            if (str(state), str(event)) in due:
                assert after(state, event) == due[str(state), str(event)]
                continue
            with pytest.raises(RidError) as refused:
                after(state, event)
            assert not re.search("[a-z]", refused.value.zh), refused.value.zh
            second = event is Event.MANIFEST and state not in ("none", "draft")
            assert refused.value.code == ("second_manifest" if second else "transition")


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
