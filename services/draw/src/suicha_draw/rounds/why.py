"""Why an object is in, out, drawn or not: in Chinese, with the clause and the numbers (D4, D23)."""

import asyncio
from dataclasses import dataclass
from typing import Any

from rid1.log import Attempt
from rid1.manifest import Stratum
from rid1.seed import target_key, ticket
from rid1.suites import suite_named
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_contracts.codes import NOT_VERIFIABLE, OBJECT_OUT_REASONS
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import FileRef

from suicha_draw.conditions import fraction, percent_text
from suicha_draw.exclusions import WORDS
from suicha_draw.ledger import service as ledger
from suicha_draw.models import Exclusion, HistoryRow, ResultRow, Round
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.rounds.citing import cited, cited_exclusions, cited_floor
from suicha_draw.rounds.quotas import quotas_of
from suicha_draw.rounds.schemas.kept import RoundList
from suicha_draw.rounds.schemas.outcomes import Why, WhyList
from suicha_draw.rounds.store import files_of, frozen_of, lists_of, settings_of

_STEP = 4096
"""Bytes read at a time while looking for a line; a line of pool.tsv has at most 223."""
_COUNTED_UP_TO = 64 << 20
"""Bytes of a pool in which the rank of an object that was not drawn is counted; in a larger one its ticket and the
last one drawn say enough."""


@dataclass(frozen=True)
class _Asked:
    """One question about an object of a round, with what every list's answer needs."""

    session: AsyncSession
    files: FileStore
    row: Round
    object_id: str
    rules: Ruleset
    pool: FileRef
    attempt: Attempt


async def explain(session: AsyncSession, files: FileStore, row: Round, object_id: str) -> Why:
    """Explain where an object stands in every list of a frozen round."""
    pool = (await files_of(session, row.id))["pool"]
    rules = Ruleset.model_validate((await ruleset_row(session, row.ruleset_id, row.ruleset_version)).document)
    attempt = await ledger.attempt_of(session, row)
    asked = _Asked(session, files, row, object_id, rules, pool, attempt)
    quotas = {
        (spec.code, stratum.code): stratum
        for spec in await quotas_of(session, files, row)
        for stratum in spec.strata
    }
    lists = []
    for one in lists_of(row):
        left_out = await session.get(Exclusion, (row.id, one.code, object_id))
        line = await find_line(files, pool, f"{one.code}\t{object_id}\t")
        if left_out is not None:
            lists.append(await _excluded(asked, one, left_out))
        elif line is None:
            lists.append(_absent(asked, one))
        else:
            stratum = line.split("\t")[2]
            lists.append(await _pooled(asked, one, stratum, quotas.get((one.code, stratum))))
    return Why(object_id=object_id, draw_id=row.draw_id, attempt=row.attempt, lists=lists)


async def _excluded(asked: _Asked, one: RoundList, left_out: Exclusion) -> WhyList:
    past = await asked.session.get(HistoryRow, left_out.history_id)
    assert past is not None
    # A round that was frozen before its clauses were kept is bound by the ruleset alone.
    kept = frozen_of(asked.row).clauses.get(one.code) or cited_exclusions(asked.rules)
    clause = kept[left_out.reason]
    text = (
        f"未进入名单“{one.code}”的抽取：{WORDS[left_out.reason]}（{clause.text()}）；"
        f"依据 {past.finished_on.isoformat()} 完成的检查，证据哈希 {left_out.evidence}。"
    )
    return WhyList(
        list_code=one.code, standing="excluded", reason=left_out.reason, cause_on=past.finished_on,
        evidence=left_out.evidence, clause=clause.clause, explanation=text,
    )  # fmt: skip


def _absent(asked: _Asked, one: RoundList) -> WhyList:
    clause = cited(asked.rules, asked.rules.selection.modes)
    text = (
        f"冻结时（{frozen_of(asked.row).frozen_at}）该对象不在名单内：名单“{one.code}”只含区划 {one.region} 内"
        f"存续的对象，条件为——{one.conditions}（{clause.text()}）；该对象至少有一项不符合。"
    )
    return WhyList(list_code=one.code, standing="absent", clause=clause.clause, explanation=text)


async def _pooled(asked: _Asked, one: RoundList, stratum: str, found: Stratum | None) -> WhyList:
    raised = next((raised.reason for raised in one.raises if raised.stratum == stratum), "")
    rules = asked.rules
    clause = cited(rules, rules.selection.raise_reasons) if raised else cited_floor(rules, one)
    name = one.stratum_name(stratum)
    where = f"在名单“{one.code}”的层“{stratum}”（{name}；{clause.text()}）中"
    shown = WhyList(
        list_code=one.code, standing="pooled", stratum=stratum, stratum_name=name, raised_by=raised,
        clause=clause.clause, explanation=f"{where}，等待抽取。",
    )  # fmt: skip
    if found is None:
        return shown
    shown.probability, shown.percent = fraction(found.k, found.n), percent_text(found.k, found.n)
    chance = (
        f"{where}，该层 {found.n} 家抽取 {found.k} 家，被抽中的概率为 {shown.probability}（{shown.percent}）"
    )
    shown.explanation = f"{chance}，等待抽取。"
    if asked.row.result_hash is not None:
        await _drawn(asked, one, found, shown, chance)
    return shown


async def _drawn(asked: _Asked, one: RoundList, found: Stratum, shown: WhyList, chance: str) -> None:
    """Say what the draw and whatever came after it made of a pooled object."""
    row, lot = asked.row, f"{NOT_VERIFIABLE}，没有签号"
    if row.seed is not None:
        suite = suite_named(settings_of(row).suite)
        shown.ticket = ticket(suite, target_key(suite, row.seed), asked.object_id)
        lot = f"签号 {shown.ticket}"
    drawn = await asked.session.scalar(
        _line_of(row, one, found).where(ResultRow.object_id == asked.object_id)
    )
    if drawn is None:
        shown.standing = "not_drawn"
        if row.seed is not None:
            lot = await _behind(asked, one, found, shown, lot)
        shown.explanation = f"{chance}；{lot}，未被抽中。"
    else:
        shown.standing, shown.rank = ("selected" if drawn.kind == "S" else "substitute"), drawn.rank
        says = "被抽中" if drawn.kind == "S" else f"列为候补第 {drawn.rank - found.k} 名"
        if drawn.kind == "R":
            says += f"（{_cite_order(asked, shown)}）"
        shown.explanation = f"{chance}；{lot}，排在第 {drawn.rank} 位，{says}。"
    _afterwards(asked, one, shown)


def _line_of(row: Round, one: RoundList, found: Stratum) -> Any:
    return select(ResultRow).where(
        ResultRow.round_id == row.id, ResultRow.list_code == one.code, ResultRow.stratum == found.code
    )


async def _behind(asked: _Asked, one: RoundList, found: Stratum, shown: WhyList, lot: str) -> str:
    """Say how far behind the last one drawn an object is: the two tickets, and its rank where it can be counted."""
    last = await asked.session.scalar(_line_of(asked.row, one, found).where(ResultRow.rank == found.k))
    if last is not None:
        shown.cutoff = last.ticket
        lot += f"，大于第 {found.k} 位即最后一个抽中者的签号 {last.ticket}"
    if asked.pool.size <= _COUNTED_UP_TO:
        data = await asked.files.read(asked.pool)
        head, own = (one.code, found.code), (shown.ticket, asked.object_id)
        shown.rank = await asyncio.to_thread(_rank, data, head, asked.row, own)
        lot += f"，排在第 {shown.rank} 位"
    return lot


def _rank(data: bytes, head: tuple[str, str], row: Round, own: tuple[str, str]) -> int:
    """Return the place of a ticket among those of a stratum, by (ticket, id) (RID/1 §6)."""
    assert row.seed is not None
    suite = suite_named(settings_of(row).suite)
    key = target_key(suite, row.seed)
    fields = (line.split("\t") for line in data.decode().splitlines())
    ids = (field[1] for field in fields if (field[0], field[2]) == head)
    return 1 + sum((ticket(suite, key, one), one) < own for one in ids)


def _afterwards(asked: _Asked, one: RoundList, shown: WhyList) -> None:
    """Add who dropped out and who stepped in after the draw, as the log says (RID/1 §8)."""
    at = (one.code, shown.stratum)
    steps = [
        entry.body
        for entry in asked.attempt.substitutions
        if entry.body["kind"] == "object" and (entry.body["list"], entry.body["stratum"]) == at
    ]
    waits = [
        entry.body for entry in asked.attempt.dropouts if (entry.body["list"], entry.body["stratum"]) == at
    ]
    came = next((body for body in steps if body["in"] == asked.object_id), None)
    left = next((body for body in (*steps, *waits) if body["out"] == asked.object_id), None)
    if came is None and left is None:
        return
    order = _cite_order(asked, shown)
    if came is not None:
        shown.standing = "stepped_in"
        shown.explanation += f"抽取后对象 {came['out']} 退出（{_reason(came)}），该对象依次递补（{order}）。"
    if left is not None:
        shown.standing = "dropped_out"
        by = left.get("in") or ("无人" if "in" in left else f"由第 {left['round']} 轮信标决定何者")
        shown.explanation += f"抽取后该对象退出（{_reason(left)}），{by}递补（{order}）。"


def _reason(body: Any) -> str:
    words = OBJECT_OUT_REASONS.get(str(body.get("reason_code", "")), "")
    return "：".join(filter(None, (words, str(body["reason"]))))


def _cite_order(asked: _Asked, shown: WhyList) -> str:
    """Cite who steps in (按抽取先后顺序依次递补): it is what decides over a substitute."""
    clause = cited(asked.rules, asked.rules.selection.substitutes_bp)
    shown.clause = clause.clause
    return clause.text()


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
