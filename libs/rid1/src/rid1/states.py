"""The states of one attempt (RID/1 §8) as a table: which event may come when, and where it leads. Nothing else."""

from __future__ import annotations

from enum import StrEnum

from rid1.errors import TransitionError


class State(StrEnum):
    """Where an attempt stands. `NONE` is before its first event."""

    NONE = "none"
    DRAFT = "draft"
    FROZEN = "frozen"
    COMMITTED = "committed"
    REVEALED = "revealed"
    SEEDED = "seeded"
    DRAWN = "drawn"
    SIGNED = "signed"
    COMPLETED = "completed"
    VOID = "void"


class Event(StrEnum):
    """What the draw log records; every transition is an entry."""

    CREATED = "created"
    FROZEN = "frozen"
    WITNESSED = "witnessed"
    COMMITMENT = "commitment"
    MANIFEST = "manifest"
    REVEAL = "reveal"
    DICE = "dice"
    BEACON = "beacon"
    SEEDED = "seeded"
    DRAWN = "drawn"
    LOTS = "lots"
    SIGNED = "signed"
    COMPLETED = "completed"
    VOID = "void"
    DROPOUT = "dropout"
    SUBSTITUTION = "substitution"


STATE_WORDS: dict[State, str] = {
    State.NONE: "尚未创建",
    State.DRAFT: "已创建",
    State.FROZEN: "名单已冻结",
    State.COMMITTED: "清单文件已登记",
    State.REVEALED: "揭示已完成",
    State.SEEDED: "种子已生成",
    State.DRAWN: "已抽取",
    State.SIGNED: "已签署",
    State.COMPLETED: "已完成",
    State.VOID: "已作废",
}
"""What people call a state."""

EVENT_WORDS: dict[Event, str] = {
    Event.CREATED: "创建",
    Event.FROZEN: "冻结名单",
    Event.WITNESSED: "见证冻结名单",
    Event.COMMITMENT: "承诺",
    Event.MANIFEST: "清单文件",
    Event.REVEAL: "揭示",
    Event.DICE: "骰子",
    Event.BEACON: "信标",
    Event.SEEDED: "生成种子",
    Event.DRAWN: "抽取结果",
    Event.LOTS: "人工抽签结果",
    Event.SIGNED: "签署结果",
    Event.COMPLETED: "完成",
    Event.VOID: "作废",
    Event.DROPOUT: "退出",
    Event.SUBSTITUTION: "递补",
}
"""What people call an entry of the log."""

_S, _E = State, Event
_OPEN_TO_SECRETS = {_S.COMMITTED: _S.REVEALED, _S.REVEALED: _S.REVEALED}

TRANSITIONS: dict[Event, dict[State, State]] = {
    _E.CREATED: {_S.NONE: _S.DRAFT},
    _E.FROZEN: {_S.DRAFT: _S.FROZEN},
    _E.WITNESSED: {_S.FROZEN: _S.FROZEN},
    _E.COMMITMENT: {_S.FROZEN: _S.FROZEN},
    _E.MANIFEST: {_S.FROZEN: _S.COMMITTED},
    # An embargoed secret is disclosed by a second reveal, after the inspections.
    _E.REVEAL: {**_OPEN_TO_SECRETS, _S.COMPLETED: _S.COMPLETED},
    _E.DICE: _OPEN_TO_SECRETS,
    _E.BEACON: _OPEN_TO_SECRETS,
    _E.SEEDED: {_S.REVEALED: _S.SEEDED},
    _E.DRAWN: {_S.SEEDED: _S.DRAWN},
    # Lots drawn by hand (抽签, 摇号): no seed, so nothing to verify. `log` refuses them beside a commitment.
    _E.LOTS: {_S.FROZEN: _S.DRAWN},
    _E.SIGNED: {_S.DRAWN: _S.SIGNED, _S.SIGNED: _S.SIGNED},
    _E.COMPLETED: {_S.SIGNED: _S.COMPLETED},
    # Under fresh_beacon a drop-out is logged first, with the round of the beacon that will decide who steps in.
    _E.DROPOUT: {_S.COMPLETED: _S.COMPLETED},
    _E.SUBSTITUTION: {_S.COMPLETED: _S.COMPLETED},
    _E.VOID: dict.fromkeys(
        (_S.FROZEN, _S.COMMITTED, _S.REVEALED, _S.SEEDED, _S.DRAWN, _S.SIGNED, _S.COMPLETED), _S.VOID
    ),
}
"""event → state before → state after. What is not here is refused."""


def allowed(state: State) -> list[Event]:
    """The events that may come in `state`."""
    return [event for event, table in TRANSITIONS.items() if state in table]


def after(state: State, event: Event, where: str = "") -> State:
    """The state that `event` leads to. Raises TransitionError `second_manifest` or `transition`."""
    following = TRANSITIONS[event].get(state)
    if following is not None:
        return following
    if event is Event.MANIFEST and state not in (State.NONE, State.DRAFT):
        raise TransitionError(
            "second_manifest",
            "同一次抽取出现了第二份清单文件",
            "a second manifest for the same attempt",
            where,
        )
    raise TransitionError(
        "transition",
        f"当前为“{STATE_WORDS[state]}”,不能记入“{EVENT_WORDS[event]}”",
        f"event {event} is not allowed in state {state}",
        where,
    )
