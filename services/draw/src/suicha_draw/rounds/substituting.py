"""After the draw: an object or an inspector drops out, and the next in order steps in (RID/1 §8). No choosing.

One person asks, another approves; only then is it computed who steps in, logged and published.
"""

import tempfile
import time
from pathlib import Path
from uuid import UUID

from rid1.beacon import beacon_string, round_after, time_of
from rid1.states import Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit, outbox
from suicha_chassis.auth import Caller
from suicha_chassis.bus import TransientError
from suicha_chassis.db import Database
from suicha_chassis.files import FileStore
from suicha_chassis.ids import uuid7
from suicha_chassis.logs import get_logger
from suicha_chassis.problems import Conflict, NotFound, Problem, SamePerson
from suicha_chassis.scope import SYSTEM
from suicha_contracts.codes import OBJECT_OUT_REASONS, RECUSAL, REPLACEMENT_REASONS
from suicha_contracts.events import SubstitutionMade
from suicha_contracts.ruleset import Ruleset

from suicha_draw.beacon.fetching import DrandClient
from suicha_draw.beacon.patience import Patience
from suicha_draw.ledger import service as ledger
from suicha_draw.models import Document, ResultRow, Round, SubstitutionRow
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.problems import ReasonNotAllowed, SubstitutionRefused
from suicha_draw.rounds.beaconing import check_round
from suicha_draw.rounds.child import DeedRefusedError, compute
from suicha_draw.rounds.context import INPUTS, file_name
from suicha_draw.rounds.lots import prepare_lots
from suicha_draw.rounds.rules import chain_of
from suicha_draw.rounds.schemas.substituting import InspectorOut, SubstitutionRequest
from suicha_draw.rounds.store import (
    expect,
    expect_published,
    files_of,
    find_round,
    physical,
    queue_work,
    settings_of,
)

log = get_logger(__name__)

_LEAD_SECONDS = 5
"""How far ahead of its log entry the beacon is that a drop-out names: long enough for the commit to come before."""


async def ask(
    session: AsyncSession, caller: Caller, row: Round, wanted: SubstitutionRequest
) -> SubstitutionRow:
    """Note that one person wants somebody replaced, and why.

    Raises:
        Conflict: the round is not completed.
        ReasonNotAllowed: nobody steps in for such a reason (S0 四, S2 Art. 12).
    """
    expect(row, "completed")
    who = wanted.who
    rules = await ruleset_row(session, row.ruleset_id, row.ruleset_version)
    _check_reason(who.kind, wanted.reason_code, Ruleset.model_validate(rules.document))
    if isinstance(who, InspectorOut):
        said = {"kind": who.kind, "object": who.object_id, "crew": who.crew, "out": who.out}
    else:
        said = {"kind": who.kind, "list": who.list_code, "stratum": who.stratum, "out": who.out}
    asked = SubstitutionRow(
        id=uuid7(), round_id=row.id, wanted=said, reason_code=wanted.reason_code, reason=wanted.reason,
        evidence=wanted.evidence, requested_by=caller.subject,
    )  # fmt: skip
    session.add(asked)
    await audit.record(
        session, "round.substitution_request", "round", row.id, after=said, reason=wanted.reason
    )
    await session.flush()
    return asked


def _check_reason(kind: str, code: str, rules: Ruleset) -> None:
    """An inspector is replaced for a reason of the ruleset; 回避 holds by law whatever it says (条例 Art. 16).

    Only S0 四 and S2 Art. 12 name reasons. Where a ruleset has no such clause nothing limits them further than the
    list of the product: nobody chooses who steps in, and reason and both names are public.
    """
    if kind == "object":
        if code not in OBJECT_OUT_REASONS:
            raise ReasonNotAllowed(
                f"“{code}”不是检查对象退出的事由：{'、'.join(OBJECT_OUT_REASONS.values())}"
            )
        return
    clause = rules.team.replacement_reasons
    allowed = {RECUSAL, *(REPLACEMENT_REASONS if clause is None else clause.value)}
    if code not in allowed:
        words = REPLACEMENT_REASONS.get(code, code)
        known = "、".join(REPLACEMENT_REASONS[one] for one in REPLACEMENT_REASONS if one in allowed)
        where = f"{rules.name}“{clause.clause}”" if clause else rules.name
        raise ReasonNotAllowed(f"“{words}”不是{where}规定的递补事由；可以递补的：{known}")


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
        Embargoed: the public log would give away drawn objects.
        SamePerson: the caller asked for it.
        SubstitutionRefused: whoever is to drop out does not serve, or nobody is left.
    """
    expect(row, "completed")
    expect_published(row)
    if asked.approved_by is not None:
        raise Conflict("该递补已办理", state=row.state)
    if asked.requested_by == caller.subject:
        raise SamePerson("递补须由另一人批准")
    asked.approved_by = caller.subject
    if asked.wanted["kind"] == "object" and settings_of(row).substitutes == "fresh_beacon":
        await _name_beacon(session, row, asked)
    else:
        await carry_out(session, files, row, asked, {})


async def _name_beacon(session: AsyncSession, row: Round, asked: SubstitutionRow) -> None:
    """Log the drop-out with a round of the beacon that does not exist yet: it will decide who steps in (RID/1 §8)."""
    wanted = asked.wanted
    if not await _serves(session, row, wanted):
        raise SubstitutionRefused(f"对象 {wanted['out']} 不在抽中之列")
    chain = chain_of(settings_of(row))
    now = await ledger.hold(session)
    asked.beacon_round = round_after(int(now.timestamp()) + _LEAD_SECONDS, chain)
    body = {"list": wanted["list"], "stratum": wanted["stratum"], "out": wanted["out"],
            "round": asked.beacon_round, "reason": asked.reason, "evidence": asked.evidence,
            "by": [asked.requested_by, asked.approved_by]}  # fmt: skip
    entry = await ledger.append(session, row, Event.DROPOUT, body)
    if entry.at.timestamp() >= time_of(asked.beacon_round, chain):
        raise Conflict("登记退出时所定的信标已经公布，请重新批准", state=row.state)
    await audit.record(session, "round.dropout", "round", row.id, after=body, reason=asked.reason)
    await queue_work(session, row)


async def _serves(session: AsyncSession, row: Round, wanted: Document) -> bool:
    """Tell whether an object is among the selected, or stepped in, and has not dropped out."""
    at = (wanted["list"], wanted["stratum"])
    attempt = await ledger.attempt_of(session, row)
    gone = {one.body["out"] for one in attempt.dropouts if (one.body["list"], one.body["stratum"]) == at}
    came = {
        one.body["in"]
        for one in attempt.substitutions
        if (one.body.get("list"), one.body.get("stratum")) == at
    }
    drawn = await session.scalar(
        select(ResultRow.rank).where(
            ResultRow.round_id == row.id, ResultRow.list_code == at[0], ResultRow.stratum == at[1],
            ResultRow.object_id == wanted["out"], ResultRow.kind == "S",
        )
    )  # fmt: skip
    return wanted["out"] not in gone and (drawn is not None or wanted["out"] in came)


async def answer(
    session: AsyncSession, files: FileStore, row: Round, asked: SubstitutionRow, signature: bytes
) -> None:
    """Let the beacon that a drop-out named decide who steps in; `check_round` has passed the signature.

    Raises:
        Conflict: the substitution waits for no beacon, or an earlier drop-out is not answered yet.
        SubstitutionRefused: nobody can step in.
    """
    expect(row, "completed")
    if asked.beacon_round is None or asked.outcome is not None:
        raise Conflict("该递补不在等待信标", state=row.state)
    attempt = await ledger.attempt_of(session, row)
    answered = sum(one.body["kind"] == "object" for one in attempt.substitutions)
    due = attempt.dropouts[answered].body
    own = asked.wanted | {"round": asked.beacon_round}
    if any(due[name] != own[name] for name in ("list", "stratum", "out", "round")):
        raise Conflict("须先办理先登记的退出", state=row.state)
    value = beacon_string(asked.beacon_round, signature.hex())
    await carry_out(session, files, row, asked, {"beacon": value, "signature": signature.hex()})


async def answer_due(db: Database, files: FileStore, drand: DrandClient, patience: Patience) -> int:
    """Fetch the beacons that drop-outs of completed rounds wait for and let them decide; return how many were."""
    async with db.session(SYSTEM) as session:
        waiting = await session.execute(
            select(SubstitutionRow, Round)
            .join(Round, Round.id == SubstitutionRow.round_id)
            .where(
                Round.state == "completed",
                SubstitutionRow.beacon_round.is_not(None),
                SubstitutionRow.outcome.is_(None),
            )
            .order_by(SubstitutionRow.beacon_round)
        )
        pairs = waiting.all()
    patience.forget_all_but({asked.id for asked, _ in pairs})
    decided = 0
    for asked, row in pairs:
        assert asked.beacon_round is not None
        chain = chain_of(settings_of(row))
        if time.time() < time_of(asked.beacon_round, chain) or not patience.may_try(asked.id):
            continue
        try:
            signature = await drand.signature(chain, asked.beacon_round)
            await check_round(row, asked.beacon_round, asked.beacon_round, signature)
            async with db.transaction(SYSTEM) as session:
                current = await find_round(session, row.id, lock=True)
                await answer(session, files, current, await find(session, current, asked.id), signature)
        except (TransientError, Problem) as error:
            log.warning("beacon not taken", draw_id=row.draw_id, round=asked.beacon_round, reason=str(error))
            patience.failed(asked.id)
            continue
        decided += 1
    return decided


async def carry_out(
    session: AsyncSession, files: FileStore, row: Round, asked: SubstitutionRow, beacon: Document
) -> None:
    """Compute who steps in, log it and tell everybody; `beacon` is empty where the order of the draw decides.

    Raises:
        SubstitutionRefused: whoever is to drop out does not serve, or nobody is left.
    """
    before = (await ledger.attempt_of(session, row)).substitutions
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        given = {"wanted": asked.wanted | beacon, "before": [dict(entry.body) for entry in before]}
        try:
            if physical(row):
                task = await prepare_lots(session, files, row, Path(name))
                outcome = await compute("substitute_lots", _unheard, **task, **given)
            else:
                known = await files_of(session, row.id)
                for kind in ("manifest", *INPUTS, "match"):
                    await files.fetch(known[kind], Path(name) / file_name(kind))
                outcome = await compute("substitute", _unheard, folder=name, seed=row.seed, **given)
        except DeedRefusedError as error:
            raise SubstitutionRefused(error.zh) from error
    body = asked.wanted | beacon | outcome | {
        "reason_code": asked.reason_code, "reason": asked.reason, "evidence": asked.evidence,
        "by": [asked.requested_by, asked.approved_by],
    }  # fmt: skip
    entry = await ledger.append(session, row, Event.SUBSTITUTION, body)
    asked.outcome = outcome
    await audit.record(session, "round.substitution", "round", row.id, after=body, reason=asked.reason)
    event = SubstitutionMade(
        round_id=row.id, draw_id=row.draw_id, kind=body["kind"], list_code=body.get("list", ""),
        stratum=body.get("stratum", ""), crew=body.get("crew", ""), object_id=body.get("object", body["out"]),
        out=body["out"], into=outcome["in"] or "", reason=asked.reason, made_at=entry.at,
    )  # fmt: skip
    await outbox.emit(session, event, about=row.draw_id)
    await queue_work(session, row)


async def _unheard(step: str, done: int, total: int) -> None:
    """Nobody follows the progress of a substitution."""
