"""Lots drawn by hand (人工抽签、摇号; D1): recorded by one person, confirmed by another, never verifiable.

The caller holds the lock of the round's row. The lists are frozen and witnessed as for every draw; what is drawn from
them is only checked against them.
"""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rid1 import jcs
from rid1.log import Entry
from rid1.states import Event
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.problems import Conflict, Fault, NotFound, SamePerson
from suicha_contracts.events import LotsRecord

from suicha_draw.ledger import service as ledger
from suicha_draw.ledger.service import log_time
from suicha_draw.models import Round
from suicha_draw.problems import LotsMismatch, LotsRefused, SeededRound
from suicha_draw.rounds.ceremony import expect_in_time
from suicha_draw.rounds.child import compute
from suicha_draw.rounds.context import INPUTS, MATCH_COLUMNS, RESULT_COLUMNS, TSV, copy_in, file_name
from suicha_draw.rounds.quotas import frozen_quotas
from suicha_draw.rounds.rules import inputs_hash
from suicha_draw.rounds.schemas.kept import LotsTyped
from suicha_draw.rounds.schemas.lots import LotsRequest, LotsView
from suicha_draw.rounds.store import (
    crews_of,
    expect,
    files_of,
    frozen_of,
    keep_file,
    physical,
    queue_work,
    settings_of,
    signatures_of,
)
from suicha_draw.rounds.witnessing import FREEZE, all_signed
from suicha_draw.words import moment_words

JSON = "application/json"


async def type_lots(
    session: AsyncSession, files: FileStore, caller: Caller, row: Round, wanted: LotsRequest
) -> LotsView:
    """Note what the first person records of the lots; it counts once another person confirms it.

    Raises:
        SeededRound: the round is drawn from a seed.
        Conflict: the round is not frozen, or its freeze is not witnessed.
        LotsRefused: the result does not fit the frozen lists; `faults` name each line.
    """
    await _expect_lots(session, row)
    await _check_time(session, row, wanted.held_at)
    content = await files.put(jcs.encode(wanted.model_dump(mode="json")), JSON)
    row.lots = LotsTyped(content=content, typed_by=caller.subject).model_dump(mode="json")
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        await _check(session, files, row, Path(name), write=False)
    await audit.record(session, "round.lots", "round", row.id, after={"content_hash": content.sha256})
    return await show_lots(files, row)


async def show_lots(files: FileStore, row: Round) -> LotsView:
    """Show the lots as they were typed.

    Raises:
        NotFound: nobody typed any.
    """
    typed = _typed(row)
    if typed is None:
        raise NotFound("尚未录入人工抽签的结果")
    content = LotsRequest.model_validate_json(await files.read(typed.content))
    return LotsView(
        content_hash=typed.content.sha256, typed_by=typed.typed_by, confirmed_by=typed.confirmed_by,
        content=content,
    )  # fmt: skip


async def confirm_lots(
    session: AsyncSession, files: FileStore, caller: Caller, row: Round, confirmed: str
) -> None:
    """Take the lots as the result when a second person means the same document; the log says so for good.

    Raises:
        SeededRound, LotsRefused: as for `type_lots`.
        Conflict: nobody typed any, or they are confirmed.
        SamePerson: the caller typed them.
        LotsMismatch: the document is another one.
        TooLate: `reveal_by` has passed.
    """
    await _expect_lots(session, row)
    typed = _typed(row)
    if typed is None:
        raise Conflict("尚未录入人工抽签的结果", state=row.state)
    if typed.typed_by == caller.subject:
        raise SamePerson("人工抽签的结果须由另一人确认")
    if typed.content.sha256 != confirmed:
        raise LotsMismatch()
    content = LotsRequest.model_validate_json(await files.read(typed.content))
    await _check_time(session, row, content.held_at)
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        told = await _check(session, files, row, Path(name), write=True)
        await _keep(session, files, row, typed, told, Path(name) / "out")
    typed.confirmed_by = caller.subject
    row.lots = typed.model_dump(mode="json")
    body = {
        "method": content.method, "place": content.place, "held_at": log_time(content.held_at),
        "present": content.present, "evidence": content.evidence, "content_hash": confirmed,
        "result_hash": told["result_hash"], "match_hash": told["match_hash"],
        "typed_by": typed.typed_by, "confirmed_by": caller.subject,
    }  # fmt: skip
    expect_in_time(row, await ledger.append(session, row, Event.LOTS, body))
    await audit.record(session, "round.lots_confirm", "round", row.id, after={"content_hash": confirmed})
    row.state, row.visits = "drawn", told["visits"]
    row.result_hash, row.match_hash = told["result_hash"], told["match_hash"]
    await queue_work(session, row)


def lots_record(row: Round, entries: Sequence[Entry]) -> LotsRecord | None:
    """Return what the log records of an attempt's lots drawn by hand, None where it has a seed."""
    for entry in entries:
        if entry.event is Event.LOTS and entry.attempt == row.attempt:
            said = {name: entry.body[name] for name in LotsRecord.model_fields if name in entry.body}
            signed = inputs_hash(frozen_of(row), settings_of(row).suite)
            return LotsRecord.model_validate(said | {"inputs_hash": signed})
    return None


async def prepare_lots(session: AsyncSession, files: FileStore, row: Round, folder: Path) -> dict[str, Any]:
    """Copy what the lots were drawn from into a folder, and return what the child needs to know beside it."""
    typed = _typed(row)
    assert typed is not None
    known = await files_of(session, row.id)
    for kind in INPUTS:
        await files.fetch(known[kind], folder / file_name(kind))
    await files.fetch(typed.content, folder / "lots.json")
    return {
        "folder": str(folder),
        "quotas": [
            [spec.code, st.code, spec.crew, st.k, st.m] for spec in frozen_quotas(row) for st in spec.strata
        ],
        "crews": [[one.code, one.team, one.alternates] for one in crews_of(row)],
    }


async def _check(
    session: AsyncSession, files: FileStore, row: Round, folder: Path, *, write: bool
) -> dict[str, Any]:
    task = await prepare_lots(session, files, row, folder)
    suite = settings_of(row).suite
    told = await compute("lots", _unheard, **task, suite=suite, round_id=str(row.id), write=write)
    if told["faults"]:
        faults = [Fault(where=where, code=code, message=message) for where, code, message in told["faults"]]
        raise LotsRefused(f"共 {told['total']} 处不符：{faults[0].message}", faults=faults)
    return told


async def _keep(
    session: AsyncSession, files: FileStore, row: Round, typed: LotsTyped, told: dict[str, Any], out: Path
) -> None:
    refs = {
        "lots": typed.content,
        "result": await files.put_path(out / "result.tsv", TSV, told["result_rows"]),
        "match": await files.put_path(out / "match.tsv", TSV, told["match_rows"]),
        "ids": await files.put_path(out / "ids.txt", "text/plain", told["ids"]),
    }
    for kind, ref in refs.items():
        keep_file(session, row.id, kind, ref)
    await session.flush()
    await copy_in(session, "results", RESULT_COLUMNS, out / "results.copy")
    await copy_in(session, "matches", MATCH_COLUMNS, out / "matches.copy")


async def _expect_lots(session: AsyncSession, row: Round) -> None:
    if not physical(row):
        raise SeededRound()
    expect(row, "frozen")
    if not await all_signed(session, row, FREEZE):
        raise Conflict("见证人尚未签署冻结的名单，不能抽签", state=row.state)


async def _check_time(session: AsyncSession, row: Round, held_at: datetime) -> None:
    """Lots are drawn after the freeze was witnessed, by the minute in which protocols are written, and not tomorrow."""
    signed = max(one.at for one in await signatures_of(session, row) if one.deed == FREEZE)
    where = "body.held_at"
    if held_at < signed.replace(second=0, microsecond=0):
        text = f"抽签时间早于冻结名单的签署（{moment_words(signed)}）"
        raise LotsRefused(text, faults=[Fault(where=where, code="before_freeze", message=text)])
    if held_at > datetime.now(UTC):
        text = "抽签时间晚于现在"
        raise LotsRefused(text, faults=[Fault(where=where, code="in_future", message=text)])


def _typed(row: Round) -> LotsTyped | None:
    return None if row.lots is None else LotsTyped.model_validate(row.lots)


async def _unheard(step: str, done: int, total: int) -> None:
    """Nobody follows the progress of a check."""
