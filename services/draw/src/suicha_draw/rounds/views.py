"""Rounds as they are shown, to officers and to the public."""

import json
from collections.abc import Sequence

from rid1.log import Entry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_contracts.codes import NOT_VERIFIABLE

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Contributor, Round
from suicha_draw.rounds import voiding
from suicha_draw.rounds.earlier import earlier_draws
from suicha_draw.rounds.lots import lots_record
from suicha_draw.rounds.rules import inputs_hash
from suicha_draw.rounds.schemas.views import ContributorView, LogLine, PublicRound, RoundView, SignatureView
from suicha_draw.rounds.store import (
    contributors_of,
    embargoed,
    files_of,
    frozen_of,
    physical,
    settings_of,
    signatures_of,
)

_DETAILS = {
    "contributors", "signatures", "inputs_hash", "manifest", "log", "files", "embargoed", "basis", "verifiable",
    "notice", "lots", "void_request", "earlier",
}  # fmt: skip
LOGGED = ("frozen", "committed", "revealed", "seeded", "drawn", "signed", "completed", "void")
"""States from which on an attempt is public: it is in the log with everything that it will be drawn from."""


def show_round(row: Round) -> RoundView:
    """Show a round without what lies in other tables."""
    shown = RoundView.model_validate(
        {name: getattr(row, name) for name in RoundView.model_fields if name not in _DETAILS}
    )
    _finish(row, shown)
    shown.void_request = voiding.show_request(row)
    return shown


def show_public(row: Round) -> PublicRound:
    """Show a round to the public, without what lies in other tables."""
    shown = PublicRound.model_validate(
        {name: getattr(row, name) for name in PublicRound.model_fields if name not in _DETAILS}
    )
    _finish(row, shown)
    shown.lists = [one.public() for one in shown.lists]
    return shown


async def show_whole(session: AsyncSession, files: FileStore, row: Round) -> RoundView:
    """Show a round with its manifest, contributors, log entries and files."""
    shown = show_round(row)
    shown.files = await files_of(session, row.id)
    await _add_details(session, files, row, shown)
    return shown


async def show_public_attempts(session: AsyncSession, files: FileStore, draw_id: str) -> list[PublicRound]:
    """Show every logged attempt at a draw, the void ones with their reasons (RID/1 §4)."""
    rows = await session.scalars(
        select(Round).where(Round.draw_id == draw_id, Round.state.in_(LOGGED)).order_by(Round.attempt)
    )
    shown = []
    for row in rows.all():
        one = show_public(row)
        await _add_details(session, files, row, one)
        shown.append(one)
    return shown


async def _add_details(session: AsyncSession, files: FileStore, row: Round, shown: PublicRound) -> None:
    shown.contributors = _parties(row, await contributors_of(session, row))
    shown.signatures = [
        SignatureView.model_validate(one, from_attributes=True) for one in await signatures_of(session, row)
    ]
    entries = await ledger.entries_of(session, row.draw_id)
    shown.lots = lots_record(row, entries)
    shown.earlier = await earlier_draws(session, row)
    shown.log = [_line(entry) for entry in entries if entry.attempt == row.attempt]
    known = await files_of(session, row.id)
    if "manifest" in known:
        shown.manifest = json.loads(await files.read(known["manifest"]))


def _finish(row: Round, shown: PublicRound) -> None:
    """Fill in what is computed, and keep back what an embargo covers and what is only asked for."""
    if row.frozen is not None:
        shown.inputs_hash = inputs_hash(frozen_of(row), settings_of(row).suite)
    if physical(row):
        shown.basis, shown.verifiable, shown.notice = "physical", False, NOT_VERIFIABLE
    if row.voided_at is None:
        shown.void_code = shown.void_reason = None
    if embargoed(row):
        shown.embargoed, shown.seed = True, None


def _parties(row: Round, parties: Sequence[Contributor]) -> list[ContributorView]:
    covered = settings_of(row).embargo if embargoed(row) else None
    return [
        ContributorView(
            name=one.name,
            commitment=one.commitment,
            revealed=one.secret is not None,
            secret=None if one.name == covered else one.secret,
        )
        for one in parties
    ]


def _line(entry: Entry) -> LogLine:
    return LogLine(
        index=entry.index,
        time=entry.time,
        attempt=entry.attempt,
        event=str(entry.event),
        body=dict(entry.body),
    )
