"""The life of a visit as a table: what a deed turns a state into. Pure; everything not in it is refused.

assigned ──start──▶ started ──submit──▶ submitted ──approve──▶ closed ──correct──▶ closed
   ▲                 │  ▲                    │
   └─────restaff─────┘  └───────return───────┘
assigned, started ──cancel──▶ cancelled
assigned, started, submitted ──void──▶ cancelled
"""

from enum import StrEnum


class VisitState(StrEnum):
    """Where a visit stands."""

    ASSIGNED = "assigned"
    STARTED = "started"
    """The record is being made (录入中)."""
    SUBMITTED = "submitted"
    """Sealed, waits for the reviewer."""
    CLOSED = "closed"
    CANCELLED = "cancelled"
    """Replaced by a substitute of the draw, or the draw itself was voided (RID/1 §4, §8)."""


class Deed(StrEnum):
    """What people, and the draw, do to a visit."""

    SCHEDULE = "schedule"
    START = "start"
    RECORD = "record"
    """Everything that is written into the record: answers, evidence, signatures, and so on."""
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    FOLLOW_UP = "follow_up"
    CORRECT = "correct"
    CANCEL = "cancel"
    VOID = "void"
    """The draw does not stand any more (RID/1 §4); unlike `cancel`, nothing takes the visit's place."""
    ASSIST = "assist"
    """Experts are asked to assist, before the visit or at it (S3 Art. 9)."""
    RESTAFF = "restaff"
    """The team or the lists change (RID/1 §8): whoever is there then has to start it anew."""


_S = VisitState

TRANSITIONS: dict[tuple[VisitState, Deed], VisitState] = {
    (_S.ASSIGNED, Deed.SCHEDULE): _S.ASSIGNED,
    (_S.ASSIGNED, Deed.ASSIST): _S.ASSIGNED,
    (_S.STARTED, Deed.ASSIST): _S.STARTED,
    (_S.ASSIGNED, Deed.START): _S.STARTED,
    (_S.ASSIGNED, Deed.CANCEL): _S.CANCELLED,
    (_S.ASSIGNED, Deed.RESTAFF): _S.ASSIGNED,
    (_S.STARTED, Deed.RECORD): _S.STARTED,
    (_S.STARTED, Deed.FOLLOW_UP): _S.STARTED,
    (_S.STARTED, Deed.SUBMIT): _S.SUBMITTED,
    (_S.STARTED, Deed.CANCEL): _S.CANCELLED,
    (_S.STARTED, Deed.RESTAFF): _S.ASSIGNED,
    (_S.SUBMITTED, Deed.FOLLOW_UP): _S.SUBMITTED,
    (_S.SUBMITTED, Deed.APPROVE): _S.CLOSED,
    (_S.SUBMITTED, Deed.RETURN): _S.STARTED,
    (_S.ASSIGNED, Deed.VOID): _S.CANCELLED,
    (_S.STARTED, Deed.VOID): _S.CANCELLED,
    (_S.SUBMITTED, Deed.VOID): _S.CANCELLED,
    (_S.CLOSED, Deed.FOLLOW_UP): _S.CLOSED,
    (_S.CLOSED, Deed.CORRECT): _S.CLOSED,
}

STATE_TEXT: dict[VisitState, str] = {
    _S.ASSIGNED: "待录入",
    _S.STARTED: "录入中",
    _S.SUBMITTED: "已提交",
    _S.CLOSED: "已办结",
    _S.CANCELLED: "已取消",
}
"""What people call each state (features.md, statistics)."""


def after(state: VisitState, deed: Deed) -> VisitState | None:
    """Return the state after a deed, or None where the state does not allow it."""
    return TRANSITIONS.get((state, deed))
