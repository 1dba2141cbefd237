"""Witnesses (S2 Art. 10; D3): the legal department, and whom the ruleset adds, sign the freeze and the result.

Each signature is one person's and a log entry. The manifest is logged only when all have signed the frozen
inputs, and the round is completed only when all have signed the result.
"""

from rid1.states import Event
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_contracts.ruleset import WITNESSES, Ruleset

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round, Signature
from suicha_draw.problems import AlreadyDone, InputsHashMismatch, NotYourPart, ResultHashMismatch
from suicha_draw.rounds.approving import require_approval
from suicha_draw.rounds.rules import inputs_hash, outstanding
from suicha_draw.rounds.store import expect, frozen_of, queue_work, settings_of, signatures_of
from suicha_draw.words import party_words

FREEZE, RESULT = "freeze", "result"
LEGAL = "legal"


def required_witnesses(ruleset: Ruleset) -> dict[str, int]:
    """Return how many of each role sign: one of the legal department always (S2 Art. 10), others by the ruleset."""
    asked = ruleset.ceremony.witnesses
    return {LEGAL: 1} | (asked.value if asked else {})


async def sign_freeze(session: AsyncSession, caller: Caller, row: Round, signed: str) -> None:
    """Take a witness's signature under the frozen inputs, before any manifest.

    Raises:
        Conflict: the round is not frozen, or its manifest is logged.
        InputsHashMismatch: the witness means other lists.
        NotYourPart: no witness of the caller's role is required.
        AlreadyDone: the caller signed, or enough of the role did.
    """
    expect(row, "frozen")
    if signed != inputs_hash(frozen_of(row), settings_of(row).suite):
        raise InputsHashMismatch()
    role = await _part(session, caller, row, FREEZE)
    body = {"inputs_hash": signed, "role": role, "by": caller.subject}
    entry = await ledger.append(session, row, Event.WITNESSED, body)
    session.add(
        Signature(round_id=row.id, deed=FREEZE, signed_by=caller.subject, role=role, hash=signed, at=entry.at)
    )
    await audit.record(session, "round.sign_freeze", "round", row.id, after=body)
    await session.flush()


async def sign_result(session: AsyncSession, caller: Caller, row: Round, signed: str) -> None:
    """Take a witness's signature under the result; after the last one a worker completes the round.

    Raises:
        Conflict: there is no result to sign.
        ResultHashMismatch: the witness means another result.
        ApprovalMissing: the ruleset demands an approval before inspections begin (P12).
        NotYourPart, AlreadyDone: as for `sign_freeze`.
    """
    expect(row, "drawn")
    if signed != row.result_hash:
        raise ResultHashMismatch()
    await require_approval(session, row)
    role = await _part(session, caller, row, RESULT)
    body = {"result_hash": signed, "role": role, "by": caller.subject}
    entry = await ledger.append(session, row, Event.SIGNED, body)
    session.add(
        Signature(round_id=row.id, deed=RESULT, signed_by=caller.subject, role=role, hash=signed, at=entry.at)
    )
    await audit.record(session, "round.sign", "round", row.id, after=body)
    await session.flush()
    if role == LEGAL:
        row.signed_by = caller.subject
    if await all_signed(session, row, RESULT):
        row.state = "signed"
        await queue_work(session, row)


async def all_signed(session: AsyncSession, row: Round, deed: str) -> bool:
    """Tell whether every required witness has signed."""
    return not await _outstanding(session, row, deed)


async def _outstanding(session: AsyncSession, row: Round, deed: str) -> dict[str, int]:
    signed = [(one.deed, one.role) for one in await signatures_of(session, row)]
    return outstanding(settings_of(row).witnesses, signed, deed)


async def _part(session: AsyncSession, caller: Caller, row: Round, deed: str) -> str:
    """The role in which the caller signs: one of its own that is required and not yet complete."""
    required = settings_of(row).witnesses
    own = [role for role in WITNESSES if role in caller.roles and role in required]
    if not own:
        raise NotYourPart(f"本次抽取的见证人为：{'、'.join(map(party_words, required))}")
    if any(one.deed == deed and one.signed_by == caller.subject for one in await signatures_of(session, row)):
        raise AlreadyDone("您已签署")
    waiting = await _outstanding(session, row, deed)
    for role in own:
        if role in waiting:
            return role
    raise AlreadyDone("该角色的见证人已签署")
