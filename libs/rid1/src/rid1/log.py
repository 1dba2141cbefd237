"""The draw log (RID/1 §4): entries of all draws as leaves of one RFC 9162 tree with SHA-256, chained per draw.

This file says what an entry is and reads one draw's entries into the history of its
attempts. Trees, proofs and signatures are `merkle` and `checkpoint`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rid1 import jcs
from rid1.errors import RidError, TransitionError
from rid1.fields import Fields
from rid1.merkle import leaf_hash
from rid1.states import Event, State, after
from rid1.suites import S256

VERSION = "RID/1-log"
EMBARGOED = "embargoed"
"""Stands in the public log for the secret of the embargoed contributor, and for the seed that would give it away."""


@dataclass(frozen=True)
class Entry:
    """One line of the draw log. `line` is its canonical form without LF: the data of the leaf."""

    index: int
    time: str
    draw_id: str
    attempt: int
    seq: int
    event: Event
    body: Mapping[str, Any]
    prev: str | None
    line: bytes

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the entry in the log's tree."""
        return leaf_hash(S256, self.line)

    @property
    def digest(self) -> str:
        """SHA-256 of the leaf data in hex: `prev` of the next entry of the same draw."""
        return hashlib.sha256(self.line).hexdigest()


def make_entry(
    *,
    index: int,
    time: str,
    draw_id: str,
    attempt: int,
    event: Event,
    body: Mapping[str, Any],
    before: Entry | None,
) -> Entry:
    """The next entry: `index` in the whole log, `before` the last entry of the same draw.

    `time` is UTC in ISO 8601 ending in Z. Raises RidError `log_entry` for a body that does not fit the event.
    """
    value = {
        "v": VERSION,
        "index": index,
        "time": time,
        "draw_id": draw_id,
        "attempt": attempt,
        "seq": before.seq + 1 if before else 1,
        "event": str(event),
        "body": dict(body),
        "prev": before.digest if before else None,
    }
    return parse_entry(jcs.encode(value), f"log entry {index}")


def parse_entry(line: bytes, where: str) -> Entry:
    """Reads one entry. Raises RidError `json_invalid`, `json_not_canonical` or `log_entry`."""
    f = Fields(jcs.decode_canonical(line, where), where, "log_entry")
    f.choice("v", VERSION)
    event = Event(f.choice("event", *Event))
    body = f.take("body")
    _check_body(event, Fields(body, where, "log_entry"))
    return f.closed(
        Entry(
            index=f.integer("index", 0),
            time=f.time("time"),
            draw_id=f.id("draw_id"),
            attempt=f.integer("attempt", 1),
            seq=f.integer("seq", 1),
            event=event,
            body=body,
            prev=f.hex_or_none("prev"),
            line=line,
        )
    )


def _check_body(event: Event, f: Fields) -> None:
    """The fields each event must have; created, frozen and completed may say what the platform likes."""
    match event:
        case Event.CREATED | Event.FROZEN | Event.COMPLETED:
            return
        case Event.WITNESSED:
            f.hex("inputs_hash"), f.name("role"), f.text("by")
        case Event.COMMITMENT:
            f.name("name"), f.hex("c")
        case Event.MANIFEST:
            f.hex("manifest_hash")
        case Event.REVEAL:
            f.name("name"), f.text("value")
        case Event.DICE:
            f.text("value")
            if f.text("typed_by") == f.text("confirmed_by"):
                f.refuse("confirmed_by", "骰子须由另一人确认", "dice must be confirmed by another person")
        case Event.BEACON:
            f.text("value"), f.text("signature")
        case Event.SEEDED:
            f.text("seed")
        case Event.DRAWN:
            f.hex("result_hash"), f.hex("match_hash")
        case Event.LOTS:
            f.hex("result_hash"), f.hex("match_hash"), f.hex("content_hash"), f.hex("evidence")
            f.choice("method", "slips", "balls"), f.text("place"), f.time("held_at"), f.texts("present")
            if f.text("typed_by") == f.text("confirmed_by"):
                f.refuse(
                    "confirmed_by", "人工抽签的结果须由另一人确认", "lots must be confirmed by another person"
                )
        case Event.SIGNED:
            f.hex("result_hash"), f.text("by")
            if f.has("role"):
                f.name("role")
        case Event.VOID:
            f.text("reason"), f.hex("evidence")
            check_two_people(f)
        case Event.DROPOUT:
            f.id("list"), f.id("stratum"), f.id("out"), f.integer("round", 1)
            f.text("reason"), f.hex("evidence")
            check_two_people(f)
        case Event.SUBSTITUTION:
            f.choice("kind", "object", "inspector"), f.text("reason"), f.hex("evidence")
            check_two_people(f)
            return
    f.close()


def check_two_people(f: Fields) -> None:
    """Field `by` names two different people."""
    if len(set(f.texts("by"))) != 2:
        f.refuse("by", "须由两名不同的人员批准", "two different people must approve")


def read_entries(data: bytes, where: str) -> list[Entry]:
    """Reads a JSONL export of entries, one per line."""
    return [parse_entry(line, f"{where}:{at}") for at, line in enumerate(data.splitlines(), 1)]


@dataclass
class Attempt:
    """What the log tells of one attempt, in its own words."""

    number: int
    state: State = State.NONE
    witnessed: list[Entry] = field(default_factory=list)
    commitments: dict[str, str] = field(default_factory=dict)
    manifest: Entry | None = None
    reveals: dict[str, Entry] = field(default_factory=dict)
    disclosed: dict[str, Entry] = field(default_factory=dict)
    dice: Entry | None = None
    beacon: Entry | None = None
    seeded: Entry | None = None
    drawn: Entry | None = None
    lots: Entry | None = None
    signed: list[Entry] = field(default_factory=list)
    void: Entry | None = None
    dropouts: list[Entry] = field(default_factory=list)
    substitutions: list[Entry] = field(default_factory=list)


def history(entries: Iterable[Entry]) -> list[Attempt]:
    """The attempts of one draw from all its entries in order.

    Raises RidError `log_chain` (sequence or hash chain broken), `log_time` (time runs backwards), `attempt_hidden`
    (an attempt without a voided one before it) and the TransitionErrors of `states.after`.
    """
    attempts: list[Attempt] = []
    before: Entry | None = None
    for entry in entries:
        where = f"log entry {entry.index}"
        _check_attempt(attempts, entry, where)
        _check_link(before, entry, where)
        _apply(attempts, entry, where)
        before = entry
    return attempts


def _check_attempt(attempts: list[Attempt], entry: Entry, where: str) -> None:
    current = attempts[-1] if attempts else None
    if entry.attempt == (current.number if current else 0):
        return
    expected = current.number + 1 if current else 1
    if entry.attempt != expected or (current and current.state is not State.VOID):
        raise RidError(
            "attempt_hidden",
            f"日志从第 {current.number if current else 0} 次跳到第 {entry.attempt} 次抽取,中间没有作废记录",
            f"the log goes from attempt {current.number if current else 0} to {entry.attempt} without a void",
            where,
        )


def _check_link(before: Entry | None, entry: Entry, where: str) -> None:
    seq, prev = (before.seq + 1, before.digest) if before else (1, None)
    if (entry.seq, entry.prev) != (seq, prev) or (
        before and (entry.draw_id != before.draw_id or entry.index <= before.index)
    ):
        raise RidError(
            "log_chain",
            f"抽取日志链断裂:序号 {entry.seq},应为 {seq}",
            f"the draw's chain is broken: seq {entry.seq}, {seq} expected",
            where,
        )
    if before and entry.time < before.time:
        raise RidError(
            "log_time",
            f"日志时间倒退:{before.time} 之后是 {entry.time}",
            f"time runs backwards: {entry.time} after {before.time}",
            where,
        )


def _apply(attempts: list[Attempt], entry: Entry, where: str) -> None:
    if not attempts or attempts[-1].number != entry.attempt:
        attempts.append(Attempt(entry.attempt))
    at = attempts[-1]
    stood = at.state
    at.state = after(stood, entry.event, where)
    body = entry.body
    match entry.event:
        case Event.WITNESSED:
            at.witnessed.append(entry)
        case Event.COMMITMENT:
            _once(body["name"] in at.commitments, where)
            at.commitments[body["name"]] = body["c"]
        case Event.MANIFEST:
            at.manifest = entry
        case Event.REVEAL:
            kept = at.disclosed if stood is State.COMPLETED else at.reveals
            _once(body["name"] in kept, where)
            kept[body["name"]] = entry
        case Event.DICE:
            _once(at.dice is not None, where)
            at.dice = entry
        case Event.BEACON:
            _once(at.beacon is not None, where)
            at.beacon = entry
        case Event.SEEDED:
            at.seeded = entry
        case Event.DRAWN:
            at.drawn = entry
        case Event.LOTS:
            if at.commitments:
                raise TransitionError(
                    "transition",
                    "已有承诺的抽取不能改为人工抽签",
                    "an attempt with commitments cannot turn to lots drawn by hand",
                    where,
                )
            at.lots = entry
        case Event.SIGNED:
            at.signed.append(entry)
        case Event.VOID:
            at.void = entry
        case Event.DROPOUT:
            at.dropouts.append(entry)
        case Event.SUBSTITUTION:
            at.substitutions.append(entry)


def _once(again: bool, where: str) -> None:
    if again:
        raise RidError("log_repeat", "同一事项记录了两次", "the same thing is logged twice", where)
