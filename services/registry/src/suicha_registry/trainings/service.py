"""Recording trainings, and reading who is ready for a round."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.problems import Fault, Invalid
from suicha_contracts.ruleset import Ruleset, TrainingMode
from suicha_contracts.values import FileRef

from suicha_registry.inspectors.models import Inspector
from suicha_registry.inspectors.schemas import InspectorState
from suicha_registry.organisations import service as organisations
from suicha_registry.rulesets.service import today
from suicha_registry.trainings.models import Attendance, TrainingHeld
from suicha_registry.trainings.rules import counts_from, enough
from suicha_registry.trainings.schemas import Obstacle, Readiness, TrainingBody, TrainingView
from suicha_registry.uploads import service as uploads

Held = dict[str, list[tuple[date, int]]]
"""Trainings (day, minutes) by inspector."""


async def record(session: AsyncSession, caller: Caller, files: FileStore, body: TrainingBody) -> TrainingHeld:
    """Record a training of the caller's organisation.

    Raises:
        Invalid: it lies in the future, or names people who are not its inspectors; `faults` name each.
        UploadUnknown: the evidence was not uploaded.
        OrganisationUnknown: the caller's organisation is not registered.
    """
    organisation = await organisations.known(session, caller.org)
    if body.held_on > today():
        fault = Fault(where="body.held_on", code="future", message="培训日期不能晚于今天")
        raise Invalid("培训日期不能晚于今天", faults=[fault])
    named = sorted(set(body.inspectors))
    known = set(
        await session.scalars(
            select(Inspector.code).where(Inspector.code.in_(named), Inspector.org == organisation.code)
        )
    )
    strangers = [code for code in named if code not in known]
    if strangers:
        faults = [
            Fault(
                where="body.inspectors", code="unknown_inspector", message=f"{code} 不是本机构的执法检查人员"
            )
            for code in strangers
        ]
        raise Invalid("；".join(fault.message for fault in faults[:5]), faults=faults)
    evidence = await _evidence(session, files, body.evidence_sha256)
    row = TrainingHeld(
        **body.model_dump(include={"topic", "kind", "held_on", "minutes", "trainer"}),
        evidence=evidence.model_dump(mode="json") if evidence else None,
        org=organisation.code,
        region=organisation.region,
        recorded_by=caller.subject,
        recorded_at=datetime.now(UTC),
    )
    session.add(row)
    await session.flush()
    await session.execute(insert(Attendance), [{"training_id": row.id, "inspector": code} for code in named])
    await audit.record(session, "record", "training", row.id, after=body.model_dump(mode="json"))
    return row


async def _evidence(session: AsyncSession, files: FileStore, sha256: str | None) -> FileRef | None:
    if sha256 is None:
        return None
    await uploads.keep(session, files, sha256, where="body.evidence_sha256")
    return FileRef(sha256=sha256, size=len(await files.read(sha256)))


async def views(session: AsyncSession, rows: Sequence[TrainingHeld]) -> list[TrainingView]:
    """Show trainings with those who attended; the trainings were read inside the session's scope."""
    attended: dict[object, list[str]] = defaultdict(list)
    pairs = await session.execute(
        select(Attendance.training_id, Attendance.inspector)
        .where(Attendance.training_id.in_([row.id for row in rows]))
        .order_by(Attendance.inspector)
    )
    for training, inspector in pairs:
        attended[training].append(inspector)
    return [
        TrainingView.model_validate(
            {name: getattr(row, name) for name in TrainingView.model_fields if name != "inspectors"}
            | {"inspectors": attended[row.id]}
        )
        for row in rows
    ]


async def held_by(session: AsyncSession, codes: Collection[str], first: date, last: date) -> Held:
    """Return the trainings of inspectors between two days, both included."""
    found: Held = defaultdict(list)
    rows = await session.execute(
        select(Attendance.inspector, TrainingHeld.held_on, TrainingHeld.minutes)
        .join(TrainingHeld, TrainingHeld.id == Attendance.training_id)
        .where(Attendance.inspector.in_(codes), TrainingHeld.held_on.between(first, last))
    )
    for inspector, day, minutes in rows:
        found[inspector].append((day, minutes))
    return found


async def untrained(
    session: AsyncSession, ruleset: Ruleset, codes: Collection[str], inspect_from: date
) -> set[str]:
    """Return the inspectors whom the ruleset keeps out of a draw for want of training; none if it only warns."""
    rule = ruleset.team.training
    if rule is None or rule.value.mode is not TrainingMode.GATE:
        return set()
    held = await held_by(session, codes, counts_from(rule.value, inspect_from), inspect_from)
    return {code for code in codes if not enough(rule.value, held.get(code, []), inspect_from)}


async def readiness(
    session: AsyncSession, org: str, ruleset: Ruleset, inspect_from: date, inspect_to: date
) -> list[Readiness]:
    """Return every inspector of an organisation with what stands between him and a round (R13, R15)."""
    rows = (
        await session.scalars(
            select(Inspector)
            .where(Inspector.org == org, Inspector.state != InspectorState.LEFT)
            .order_by(Inspector.code)
        )
    ).all()
    rule = ruleset.team.training
    held: Held = {}
    if rule is not None:
        first = counts_from(rule.value, inspect_from)
        held = await held_by(session, [row.code for row in rows], first, inspect_from)
    return [_readiness(row, ruleset, held.get(row.code, []), inspect_from, inspect_to) for row in rows]


def _readiness(
    row: Inspector, ruleset: Ruleset, held: list[tuple[date, int]], inspect_from: date, inspect_to: date
) -> Readiness:
    obstacles = []
    if row.state != InspectorState.ACTIVE:
        obstacles.append(Obstacle(code="not_active", gate=True, message="不在岗"))
    if row.licence_until < inspect_to:
        message = f"执法证件 {row.licence_until} 到期，早于检查结束日 {inspect_to}"
        obstacles.append(Obstacle(code="licence_expires", gate=True, message=message))
    rule = ruleset.team.training
    if rule is not None and not enough(rule.value, held, inspect_from):
        asked = f"检查前 {rule.value.months} 个月内" + (
            f"累计 {rule.value.minutes} 分钟的培训" if rule.value.minutes else "参加过培训"
        )
        obstacles.append(
            Obstacle(
                code="untrained",
                gate=rule.value.mode is TrainingMode.GATE,
                message=f"未达到“{asked}”的要求",
                clause=rule.clause,
            )
        )
    return Readiness(
        inspector=row.code,
        name=row.name,
        crew=row.crew,
        drawable=not any(one.gate for one in obstacles),
        trained_on=max((day for day, _ in held), default=None),
        minutes=sum(minutes for _, minutes in held),
        obstacles=obstacles,
    )
