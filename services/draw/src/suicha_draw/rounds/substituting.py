"""After the draw: an object or an inspector drops out, and the next in order steps in (RID/1 §8). No choosing.

One person asks, another approves; only then is it computed who steps in, logged and published.
"""

import tempfile
from pathlib import Path
from uuid import UUID

from rid1.states import Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Conflict, NotFound, SamePerson
from suicha_contracts.events import SubstitutionMade

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round, SubstitutionRow
from suicha_draw.problems import SubstitutionRefused
from suicha_draw.rounds.child import DeedRefusedError, compute
from suicha_draw.rounds.context import INPUTS, file_name
from suicha_draw.rounds.schemas import InspectorOut, SubstitutionRequest
from suicha_draw.rounds.store import expect, files_of


async def ask(
    session: AsyncSession, caller: Caller, row: Round, wanted: SubstitutionRequest
) -> SubstitutionRow:
    """Note that one person wants somebody replaced, and why.

    Raises:
        Conflict: the round is not completed.
    """
    expect(row, "completed")
    who = wanted.who
    if isinstance(who, InspectorOut):
        said = {"kind": who.kind, "object": who.object_id, "crew": who.crew, "out": who.out}
    else:
        said = {"kind": who.kind, "list": who.list_code, "stratum": who.stratum, "out": who.out}
    asked = SubstitutionRow(
        id=uuid7(), round_id=row.id, wanted=said, reason=wanted.reason, evidence=wanted.evidence,
        requested_by=caller.subject,
    )  # fmt: skip
    session.add(asked)
    await audit.record(
        session, "round.substitution_request", "round", row.id, after=said, reason=wanted.reason
    )
    await session.flush()
    return asked


async def find(session: AsyncSession, row: Round, substitution_id: UUID) -> SubstitutionRow:
    """Return a substitution of a round.

    Raises:
        NotFound: there is none.
    """
    wanted = select(SubstitutionRow).where(
        SubstitutionRow.id == substitution_id, SubstitutionRow.round_id == row.id
    )
    found = await session.scalar(wanted)
    if found is None:
        raise NotFound("未找到该递补申请")
    return found


async def approve(
    session: AsyncSession, files: FileStore, caller: Caller, row: Round, asked: SubstitutionRow
) -> None:
    """Carry a substitution out as the second person; the round's row is locked.

    Raises:
        Conflict: it was carried out before.
        SamePerson: the caller asked for it.
        SubstitutionRefused: whoever is to drop out does not serve, or nobody is left.
    """
    expect(row, "completed")
    if asked.approved_by is not None:
        raise Conflict("该递补已办理", state=row.state)
    if asked.requested_by == caller.subject:
        raise SamePerson("递补须由另一人批准")
    before = (await ledger.attempt_of(session, row)).substitutions
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        known = await files_of(session, row.id)
        for kind in ("manifest", *INPUTS, "match"):
            await files.fetch(known[kind], Path(name) / file_name(kind))
        try:
            outcome = await compute(
                "substitute", _unheard, folder=name, seed=row.seed, wanted=asked.wanted,
                before=[dict(entry.body) for entry in before],
            )  # fmt: skip
        except DeedRefusedError as error:
            raise SubstitutionRefused(error.zh) from error
    body = asked.wanted | outcome | {
        "reason": asked.reason, "evidence": asked.evidence, "by": [asked.requested_by, caller.subject],
    }  # fmt: skip
    entry = await ledger.append(session, row, Event.SUBSTITUTION, body)
    asked.approved_by, asked.outcome = caller.subject, outcome
    await audit.record(session, "round.substitution", "round", row.id, after=body, reason=asked.reason)
    event = SubstitutionMade(
        round_id=row.id, draw_id=row.draw_id, kind=body["kind"], list_code=body.get("list", ""),
        stratum=body.get("stratum", ""), crew=body.get("crew", ""), object_id=body.get("object", body["out"]),
        out=body["out"], into=outcome["in"] or "", reason=asked.reason, made_at=entry.at,
    )  # fmt: skip
    await outbox.emit(session, event, about=row.draw_id)


async def _unheard(step: str, done: int, total: int) -> None:
    """Nobody follows the progress of a substitution."""
