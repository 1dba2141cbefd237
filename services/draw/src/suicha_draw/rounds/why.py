"""Why an object is in, out, drawn or not: in Chinese, with the clause and the numbers (D4, D23)."""

from collections.abc import Sequence
from typing import Any

from rid1.manifest import ListSpec
from rid1.seed import target_key, ticket
from rid1.suites import suite_named
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_contracts.codes import NOT_VERIFIABLE
from suicha_contracts.ruleset import Clause, Ruleset
from suicha_contracts.values import FileRef

from suicha_draw.conditions import fraction, percent_text
from suicha_draw.exclusions import WORDS, clause_of
from suicha_draw.models import Exclusion, HistoryRow, ResultRow, Round
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.rounds.quotas import quotas_of
from suicha_draw.rounds.schemas.kept import RoundList
from suicha_draw.rounds.schemas.outcomes import Why, WhyList
from suicha_draw.rounds.store import files_of, frozen_of, lists_of, settings_of

_STEP = 4096
"""Bytes read at a time while looking for a line; a line of pool.tsv has at most 223."""


async def explain(session: AsyncSession, files: FileStore, row: Round, object_id: str) -> Why:
    """Explain where an object stands in every list of a frozen round."""
    known = await files_of(session, row.id)
    quotas = await quotas_of(session, files, row)
    rules = Ruleset.model_validate((await ruleset_row(session, row.ruleset_id, row.ruleset_version)).document)
    lists = []
    for one in lists_of(row):
        left_out = await session.get(Exclusion, (row.id, one.code, object_id))
        if left_out is not None:
            lists.append(await _excluded(session, one, left_out, rules))
            continue
        line = await find_line(files, known["pool"], f"{one.code}\t{object_id}\t")
        if line is None:
            text = (
                f"冻结时（{frozen_of(row).frozen_at}）该对象不在名单内：名单“{one.code}”只含区划 {one.region} 内"
                f"存续的对象，条件为——{one.conditions}；该对象至少有一项不符合。"
            )
            lists.append(WhyList(list_code=one.code, standing="absent", explanation=text))
            continue
        lists.append(await _pooled(session, row, one, quotas, object_id, line.split("\t")[2], rules))
    return Why(object_id=object_id, draw_id=row.draw_id, attempt=row.attempt, lists=lists)


async def _excluded(session: AsyncSession, one: RoundList, left_out: Exclusion, rules: Ruleset) -> WhyList:
    past = await session.get(HistoryRow, left_out.history_id)
    assert past is not None
    clause = clause_of(rules, left_out.reason)
    text = (
        f"未进入名单“{one.code}”的抽取：{WORDS[left_out.reason]}（{_cited(rules, clause)}）；"
        f"依据 {past.finished_on.isoformat()} 完成的检查，证据哈希 {left_out.evidence}。"
    )
    return WhyList(
        list_code=one.code, standing="excluded", reason=left_out.reason, cause_on=past.finished_on,
        evidence=left_out.evidence, clause=clause.clause if clause else "", explanation=text,
    )  # fmt: skip


def _cited(rules: Ruleset, clause: Clause[Any] | None) -> str:
    """Name the clause and, where the ruleset holds it, its words."""
    if clause is None:
        return rules.name
    return f"{rules.name}“{clause.clause}”" + (f"：“{clause.quote}”" if clause.quote else "")


async def _pooled(
    session: AsyncSession,
    row: Round,
    one: RoundList,
    quotas: Sequence[ListSpec],
    object_id: str,
    stratum: str,
    rules: Ruleset,
) -> WhyList:
    name = one.stratum_name(stratum)
    raised = next((raised.reason for raised in one.raises if raised.stratum == stratum), "")
    because = f"（{_cited(rules, rules.selection.raise_reasons)}）" if raised else ""
    found = next(
        (st for spec in quotas if spec.code == one.code for st in spec.strata if st.code == stratum), None
    )
    if found is None:
        text = f"在名单“{one.code}”的层“{stratum}”（{name}）{because}中，等待抽取。"
        return WhyList(
            list_code=one.code, standing="pooled", stratum=stratum, stratum_name=name, raised_by=raised,
            explanation=text,
        )  # fmt: skip
    shown = WhyList(
        list_code=one.code,
        standing="pooled",
        stratum=stratum,
        stratum_name=name,
        raised_by=raised,
        probability=fraction(found.k, found.n),
        percent=percent_text(found.k, found.n),
        explanation="",
    )
    chance = (
        f"在名单“{one.code}”的层“{stratum}”（{name}）{because}中，该层 {found.n} 家抽取 {found.k} 家，"
        f"被抽中的概率为 {shown.probability}（{shown.percent}）"
    )
    if row.result_hash is None:
        shown.explanation = f"{chance}，等待抽取。"
        return shown
    lot = f"{NOT_VERIFIABLE}，没有签号；"
    if row.seed is not None:
        suite = suite_named(settings_of(row).suite)
        shown.ticket = ticket(suite, target_key(suite, row.seed), object_id)
        lot = f"签号 {shown.ticket}"
    drawn = await session.scalar(
        select(ResultRow).where(
            ResultRow.round_id == row.id, ResultRow.list_code == one.code, ResultRow.object_id == object_id
        )
    )
    if drawn is None:
        shown.standing = "not_drawn"
        behind = f"排在第 {found.k + found.m} 位之后，" if shown.ticket else ""
        shown.explanation = f"{chance}；{lot}{behind}未被抽中。"
    elif drawn.kind == "S":
        shown.standing, shown.rank = "selected", drawn.rank
        shown.explanation = f"{chance}；{lot}排在第 {drawn.rank} 位，被抽中。"
    else:
        shown.standing, shown.rank = "substitute", drawn.rank
        shown.explanation = f"{chance}；{lot}排在第 {drawn.rank} 位，列为候补第 {drawn.rank - found.k} 名。"
    return shown


async def find_line(files: FileStore, ref: FileRef, prefix: str) -> str | None:
    """Return the line that begins with a prefix in a file sorted by bytes, reading O(log size) pieces of it."""
    wanted = prefix.encode()
    low, high = 0, ref.size
    while low < high:
        middle = (low + high) // 2
        start = max(0, middle - _STEP)
        piece = await files.read_range(ref, start, min(ref.size, middle + _STEP))
        begin = piece.rfind(b"\n", 0, middle - start) + 1
        end = piece.index(b"\n", middle - start)
        line = piece[begin:end]
        if line.startswith(wanted):
            return line.decode()
        if line < wanted:
            low = start + end + 1
        else:
            high = start + begin
    return None
