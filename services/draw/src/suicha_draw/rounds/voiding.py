"""Voiding an attempt: by two people with a reason, or by rule when a reveal is missing (RID/1 §4, §5)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from rid1 import jcs
from rid1.states import Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_chassis.db import Database
from suicha_chassis.problems import Conflict, SamePerson
from suicha_chassis.scope import SYSTEM
from suicha_contracts.codes import VOID_REASONS
from suicha_contracts.events import DrawVoided

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round
from suicha_draw.problems import NotYourPart, VoidMismatch
from suicha_draw.rounds.beaconing import count_missing
from suicha_draw.rounds.schemas.ceremony import VoidRequest, VoidRequestView
from suicha_draw.rounds.store import contributors_of, expect, physical, settings_of
from suicha_draw.rounds.witnessing import FREEZE, all_signed
from suicha_draw.words import party_words

_NO_EVIDENCE = "0" * 64
_BY_RULE = ("draw-worker", "RID/1 §5")
"""Stands for the two approvers where nobody decides: the rule does."""

OVERDUE = "reveal_missing"
"""The code of `VOID_REASONS` under which the rule voids."""

VOIDABLE = ("frozen", "committed", "revealed", "seeded", "drawn", "signed", "completed")


async def request_void(session: AsyncSession, caller: Caller, row: Round, wanted: VoidRequest) -> None:
    """Note that one person wants the attempt voided, and why.

    Raises:
        Conflict: RID/1 §8 does not let this state be voided, or it is the next attempt after a void one: that is
            drawn to its end, or nobody could draw its tasks any more.
    """
    expect(row, "draft", *VOIDABLE)
    if row.state == "draft" and row.attempt > 1:
        raise Conflict("作废后的再次抽取不能撤回：请重新冻结名单，继续抽取", state=row.state)
    row.void_code, row.void_reason, row.void_evidence = wanted.code, wanted.reason, wanted.evidence
    row.void_requested_by = caller.subject
    await audit.record(
        session, "round.void_request", "round", row.id, after={"code": wanted.code}, reason=wanted.reason
    )


async def withdraw_void(session: AsyncSession, caller: Caller, row: Round) -> None:
    """Take back the caller's own request; the attempt goes on as if nobody had asked.

    Raises:
        Conflict: nobody asks for it, or the state does not allow it.
        NotYourPart: somebody else asks for it.
    """
    asked = _standing(row)
    if asked.requested_by != caller.subject:
        raise NotYourPart("作废申请只能由申请人撤回")
    row.void_code = row.void_reason = row.void_evidence = row.void_requested_by = None
    await audit.record(session, "round.void_withdraw", "round", row.id, before=asked.model_dump(mode="json"))


def show_request(row: Round) -> VoidRequestView | None:
    """Show who asked for the attempt to be voided and why; None where nobody did."""
    code, reason, evidence, by = row.void_code, row.void_reason, row.void_evidence, row.void_requested_by
    if code is None or reason is None or evidence is None or by is None:
        return None
    said = {"code": code, "evidence": evidence, "reason": reason}
    digest = hashlib.sha256(jcs.encode(said)).hexdigest()
    return VoidRequestView(code=code, reason=reason, evidence=evidence, requested_by=by, content_hash=digest)


def _standing(row: Round) -> VoidRequestView:
    expect(row, "draft", *VOIDABLE)
    asked = show_request(row)
    if asked is None:
        raise Conflict("尚无人申请作废", state=row.state)
    return asked


async def confirm_void(session: AsyncSession, caller: Caller, row: Round, confirmed: str) -> None:
    """Void the attempt when a second person agrees. A draft, which fixed nothing yet, is only withdrawn.

    Raises:
        Conflict: nobody asked for it, or the state does not allow it.
        SamePerson: the caller asked for it.
        VoidMismatch: the request was changed since the caller read it.
    """
    asked = _standing(row)
    if asked.requested_by == caller.subject:
        raise SamePerson("作废须由另一人确认")
    if asked.content_hash != confirmed:
        raise VoidMismatch()
    await audit.record(
        session, "round.void", "round", row.id, after={"code": asked.code}, reason=asked.reason
    )
    if row.state == "draft":
        row.state, row.voided_at = "withdrawn", datetime.now(UTC)
        return
    await _void(session, row, asked.code, asked.reason, asked.evidence, (asked.requested_by, caller.subject))


async def _void(
    session: AsyncSession, row: Round, code: str, reason: str, evidence: str, by: Sequence[str]
) -> None:
    body = {"reason": f"{VOID_REASONS[code]}：{reason}", "evidence": evidence, "by": list(by)}
    entry = await ledger.append(session, row, Event.VOID, body)
    row.state, row.voided_at = "void", entry.at
    row.void_code, row.void_reason, row.void_evidence = code, reason, evidence
    event = DrawVoided(
        round_id=row.id, draw_id=row.draw_id, attempt=row.attempt, region=row.region, org=row.org,
        code=code, reason=reason, voided_at=entry.at,
    )  # fmt: skip
    await outbox.emit(session, event, about=row.draw_id)


async def void_overdue(db: Database) -> int:
    """Decide one attempt that lacks reveals, dice, signatures or commitments at `reveal_by`; return how many.

    Without a beacon nothing can stand in for a missing reveal: the attempt is void, publicly. With one, a missing
    reveal counts as `-`, and the round waits for its beacon (RID/1 §5).
    """
    async with db.transaction(SYSTEM) as session:
        row = await session.scalar(
            select(Round)
            .where(
                Round.state.in_(("frozen", "committed")),
                Round.reveal_by < datetime.now(UTC).replace(microsecond=0),
            )
            .order_by(Round.reveal_by)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return 0
        if row.beacon_round is not None and row.state == "committed" and _dice_done(row):
            await count_missing(session, row)
            return 1
        missing = [party_words(one.name) for one in await contributors_of(session, row) if one.secret is None]
        if row.state == "frozen" and not await all_signed(session, row, FREEZE):
            missing.append("见证人对冻结名单的签署")
        if settings_of(row).dice and row.dice is None:
            missing.append("骰子")
        if physical(row):
            missing.append("人工抽签、摇号的结果")
        # Whoever asked for another reason did not have it confirmed.
        row.void_requested_by = None
        reason = f"截至揭示截止时间缺少：{'、'.join(missing)}"
        await audit.record(session, "round.void_overdue", "round", row.id, reason=reason)
        await _void(session, row, OVERDUE, reason, row.manifest_hash or _NO_EVIDENCE, _BY_RULE)
        return 1


def _dice_done(row: Round) -> bool:
    return row.dice is not None or not settings_of(row).dice
