"""Every change that people made to a draw by hand: who, when, why (D23, S3 Art. 5). Read from the public log.

Nothing is shown here that the log does not show; this only puts it into words and adds the clause.
"""

from collections import Counter

from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_contracts.codes import (
    LOTS_METHODS,
    NOT_VERIFIABLE,
    OBJECT_OUT_REASONS,
    RECUSAL_GROUNDS,
    REPLACEMENT_REASONS,
)
from suicha_contracts.ruleset import Ruleset

from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.rounds.schemas.outcomes import ChangeView
from suicha_draw.rounds.schemas.views import LogLine, PublicRound
from suicha_draw.rounds.store import files_of


async def changes_of(
    session: AsyncSession, files: FileStore, attempts: list[PublicRound]
) -> list[ChangeView]:
    """Return the changes of all attempts at a draw, oldest first."""
    found: list[ChangeView] = []
    for shown in attempts:
        row = await ruleset_row(session, shown.ruleset_id, shown.ruleset_version)
        rules = Ruleset.model_validate(row.document)
        frozen = next((line for line in shown.log if line.event == "frozen"), None)
        if frozen is not None:
            found += _exemption(shown, frozen, rules) + _dispatch(shown, frozen, rules)
            found += await _recusals(session, files, shown, frozen)
        found += [_lots(line) for line in shown.log if line.event == "lots"]
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
    """Recusals declared before the draw, by ground; the bundle names each pair."""
    known = await files_of(session, shown.id)
    grounds: Counter[str] = Counter()
    if "recusals" in known:
        lines = (await files.read(known["recusals"])).decode().splitlines()
        grounds.update(line.split("\t")[2] for line in lines)
    return [
        ChangeView(
            attempt=shown.attempt, kind="recusal", at=frozen.time, by=[], clause=clause,
            text=f"抽取前申报或查明回避 {count} 人次", reason=words,
        )
        for ground, count in sorted(grounds.items())
        for words, clause in [RECUSAL_GROUNDS.get(ground, (ground, ""))]
    ]  # fmt: skip


def _lots(line: LogLine) -> ChangeView:
    body = line.body
    present = "、".join(body["present"])
    return ChangeView(
        attempt=line.attempt, kind="physical_lots", at=line.time, by=[body["typed_by"], body["confirmed_by"]],
        text=f"{NOT_VERIFIABLE}：{LOTS_METHODS[body['method']]}，{body['held_at']}，{body['place']}；在场：{present}",
        reason="不用随机种子，由人工抽取", evidence=body["evidence"],
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
