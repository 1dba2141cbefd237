"""Every change that people made to a draw by hand: who, when, why (D23, S3 Art. 5). Read from the public log.

Nothing is shown here that the log does not show, but for a draft that was withdrawn, which never came that far; this
only puts it into words and adds the clause.
"""

from collections import Counter

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_contracts.codes import (
    LOTS_METHODS,
    NOT_VERIFIABLE,
    OBJECT_OUT_REASONS,
    RECUSAL_GROUNDS,
    REPLACEMENT_REASONS,
    VOID_REASONS,
)
from suicha_contracts.freeze import DeclaredRecusals
from suicha_contracts.ruleset import Ruleset

from suicha_draw.ledger.service import log_time
from suicha_draw.models import Round
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.rounds.schemas.outcomes import ChangeView
from suicha_draw.rounds.schemas.views import LogLine, PublicRound
from suicha_draw.rounds.store import files_of

_WITHDRAWN_BY = text(
    "SELECT actor FROM audit_entries WHERE action = 'round.void' AND object_type = 'round' AND object_id = :id"
)


async def changes_of(
    session: AsyncSession, files: FileStore, draw_id: str, attempts: list[PublicRound]
) -> list[ChangeView]:
    """Return the changes of all attempts at a draw, oldest first."""
    found = await _withdrawals(session, draw_id)
    for shown in attempts:
        row = await ruleset_row(session, shown.ruleset_id, shown.ruleset_version)
        rules = Ruleset.model_validate(row.document)
        frozen = next((line for line in shown.log if line.event == "frozen"), None)
        if frozen is not None:
            found += _exemption(shown, frozen, rules) + _dispatch(shown, frozen, rules)
            found += await _recusals(session, files, shown, frozen)
        found += [_lots(line) for line in shown.log if line.event == "lots"]
        found += [_dropout(line) for line in shown.log if line.event == "dropout"]
        found += [_substitution(line, rules) for line in shown.log if line.event == "substitution"]
        found += [_void(line) for line in shown.log if line.event == "void"]
    return found


def _exemption(shown: PublicRound, frozen: LogLine, rules: Ruleset) -> list[ChangeView]:
    clause = rules.selection.exemption
    if clause is None or not clause.value.discretionary:
        return []
    decided = "对全部符合条件的对象适用" if shown.settings.exempt else "一律不适用"
    created = next((line for line in shown.log if line.event == "created"), frozen)
    by = created.body.get("by")
    return [
        ChangeView(
            attempt=shown.attempt, kind="exemption", at=created.time, by=[by] if isinstance(by, str) else [],
            text=f"“可予以免检”{decided}", reason="抽取前对整次抽取作出的决定", clause=clause.clause,
        )
    ]  # fmt: skip


def _dispatch(shown: PublicRound, frozen: LogLine, rules: Ruleset) -> list[ChangeView]:
    said = frozen.body.get("dispatch")
    if said is None:
        return []
    return [
        ChangeView(
            attempt=shown.attempt, kind="direct_dispatch", at=frozen.time, by=said["by"],
            text=f"直接选派检查人员：{'、'.join(said['inspectors'])}", reason=said["reason"],
            clause=rules.team.choice.clause, evidence=said["evidence"],
        )
    ]  # fmt: skip


async def _recusals(
    session: AsyncSession, files: FileStore, shown: PublicRound, frozen: LogLine
) -> list[ChangeView]:
    """Recusals before the draw: declared ones by who, when and ground, the others, found by rule, by ground.

    Which inspector and which object is a matter of private relations; the bundle names each pair.
    """
    known = await files_of(session, shown.id)
    found: Counter[str] = Counter()
    if "recusals" in known:
        lines = (await files.read(known["recusals"])).decode().splitlines()
        found.update(line.split("\t")[2] for line in lines)
    declared = [DeclaredRecusals.model_validate(one) for one in frozen.body.get("recusals", [])]
    said = [("申报", one.reason, one.pairs, one.on.isoformat(), [one.recorded_by]) for one in declared]
    for one in declared:
        found[one.reason] -= one.pairs
    by: list[str] = []
    said += [("查明", ground, count, frozen.time, by) for ground, count in sorted((+found).items())]
    return [
        ChangeView(
            attempt=shown.attempt, kind="recusal", at=at, by=by, clause=clause,
            text=f"抽取前{how}回避 {count} 人次", reason=words,
        )
        for how, ground, count, at, by in said
        for words, clause in [RECUSAL_GROUNDS.get(ground, (ground, ""))]
    ]  # fmt: skip


async def _withdrawals(session: AsyncSession, draw_id: str) -> list[ChangeView]:
    rows = await session.scalars(
        select(Round).where(Round.draw_id == draw_id, Round.state == "withdrawn").order_by(Round.attempt)
    )
    found = []
    for row in rows.all():
        confirmed = (await session.scalars(_WITHDRAWN_BY, {"id": str(row.id)})).all()
        assert row.voided_at is not None and row.void_code is not None
        found.append(
            ChangeView(
                attempt=row.attempt, kind="withdrawal", at=log_time(row.voided_at), evidence=row.void_evidence or "",
                by=[row.void_requested_by or "", *confirmed], text=f"第 {row.attempt} 次抽取在冻结名单之前撤回",
                reason=f"{VOID_REASONS[row.void_code]}：{row.void_reason}",
            )
        )  # fmt: skip
    return found


def _lots(line: LogLine) -> ChangeView:
    body = line.body
    present = "、".join(body["present"])
    return ChangeView(
        attempt=line.attempt, kind="physical_lots", at=line.time, by=[body["typed_by"], body["confirmed_by"]],
        text=f"{NOT_VERIFIABLE}：{LOTS_METHODS[body['method']]}，{body['held_at']}，{body['place']}；在场：{present}",
        reason="不用随机种子，由人工抽取", evidence=body["evidence"],
    )  # fmt: skip


def _dropout(line: LogLine) -> ChangeView:
    """Under fresh_beacon whoever leaves is on record before the beacon that decides who steps in (RID/1 §8)."""
    body = line.body
    return ChangeView(
        attempt=line.attempt, kind="dropout", at=line.time, by=list(body["by"]), evidence=body["evidence"],
        text=f"检查对象 {body['out']} 退出，由信标第 {body['round']} 轮决定何者递补", reason=str(body["reason"]),
    )  # fmt: skip


def _substitution(line: LogLine, rules: Ruleset) -> ChangeView:
    body = line.body
    code = str(body.get("reason_code", ""))
    words = (OBJECT_OUT_REASONS if body["kind"] == "object" else REPLACEMENT_REASONS).get(code, "")
    what = "检查对象" if body["kind"] == "object" else "检查人员"
    into = body.get("in")
    clause = rules.team.replacement_reasons
    return ChangeView(
        attempt=line.attempt, kind="substitution", at=line.time, by=list(body["by"]),
        text=f"{what} {body['out']} 退出，" + (f"{into} 按顺序递补" if into else "无人递补"),
        reason="：".join(filter(None, (words, str(body["reason"])))), evidence=body["evidence"],
        clause=clause.clause if clause and body["kind"] == "inspector" else "",
    )  # fmt: skip


def _void(line: LogLine) -> ChangeView:
    body = line.body
    return ChangeView(
        attempt=line.attempt, kind="void", at=line.time, by=list(body["by"]),
        text=f"第 {line.attempt} 次抽取作废", reason=str(body["reason"]), evidence=body["evidence"],
    )  # fmt: skip
