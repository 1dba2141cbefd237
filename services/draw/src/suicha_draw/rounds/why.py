"""Why an object is in, out, drawn or not: in Chinese, with the clause and the numbers (D4, D23)."""

from rid1.manifest import Manifest
from rid1.manifest_reader import parse
from rid1.seed import target_key, ticket
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import FileRef

from suicha_draw.exclusions import CAPPED, RECENT, REPEATED
from suicha_draw.models import Exclusion, HistoryRow, ResultRow, Round
from suicha_draw.plans.service import ruleset_row
from suicha_draw.rounds.schemas import RoundList, Why, WhyList
from suicha_draw.rounds.store import files_of, frozen_of, lists_of

_STEP = 4096
"""Bytes read at a time while looking for a line; a line of pool.tsv has at most 223."""


_WORDS = {
    RECENT: "近期已接受抽查，免检",
    REPEATED: "多次检查未发现违法，避免重复抽查",
    CAPPED: "已达年度检查次数上限",
}


async def explain(session: AsyncSession, files: FileStore, row: Round, object_id: str) -> Why:
    """Explain where an object stands in every list of a frozen round."""
    known = await files_of(session, row.id)
    manifest = parse(await files.read(known["manifest"])) if "manifest" in known else None
    rules = Ruleset.model_validate((await ruleset_row(session, row.ruleset_id, row.ruleset_version)).document)
    lists = []
    for one in lists_of(row):
        left_out = await session.get(Exclusion, (row.id, one.code, object_id))
        if left_out is not None:
            lists.append(await _excluded(session, one, left_out, rules))
            continue
        line = await find_line(files, known["pool"], f"{one.code}\t{object_id}\t")
        if line is None:
            text = f"冻结时（{frozen_of(row).frozen_at}）该对象不符合名单“{one.code}”的条件，不在名单内。"
            lists.append(WhyList(list_code=one.code, standing="absent", explanation=text))
            continue
        lists.append(await _pooled(session, row, one, manifest, object_id, line.split("\t")[2]))
    return Why(object_id=object_id, draw_id=row.draw_id, attempt=row.attempt, lists=lists)


async def _excluded(session: AsyncSession, one: RoundList, left_out: Exclusion, rules: Ruleset) -> WhyList:
    past = await session.get(HistoryRow, left_out.history_id)
    assert past is not None
    clause = {
        RECENT: rules.selection.exemption,
        REPEATED: rules.selection.repeat_avoidance,
        CAPPED: rules.limits.yearly_cap,
    }[left_out.reason]
    text = (
        f"未进入名单“{one.code}”的抽取：{_WORDS[left_out.reason]}（{rules.name}“{clause.clause if clause else ''}”）；"
        f"依据 {past.finished_on.isoformat()} 完成的检查，证据哈希 {left_out.evidence}。"
    )
    return WhyList(list_code=one.code, standing="excluded", explanation=text)


async def _pooled(
    session: AsyncSession, row: Round, one: RoundList, manifest: Manifest | None, object_id: str, stratum: str
) -> WhyList:
    found = manifest.stratum(one.code, stratum) if manifest is not None else None
    if manifest is None or found is None:
        text = f"在名单“{one.code}”的层“{stratum}”中，等待抽取。"
        return WhyList(list_code=one.code, standing="pooled", stratum=stratum, explanation=text)
    shown = WhyList(
        list_code=one.code,
        standing="pooled",
        stratum=stratum,
        probability=f"{found.k}/{found.n}",
        explanation="",
    )
    chance = (
        f"在名单“{one.code}”的层“{stratum}”中，该层 {found.n} 家抽取 {found.k} 家，"
        f"被抽中的概率为 {shown.probability}"
    )
    if row.seed is None or row.result_hash is None:
        shown.explanation = f"{chance}，等待抽取。"
        return shown
    shown.ticket = ticket(manifest.suite, target_key(manifest.suite, row.seed), object_id)
    drawn = await session.scalar(
        select(ResultRow).where(
            ResultRow.round_id == row.id, ResultRow.list_code == one.code, ResultRow.object_id == object_id
        )
    )
    lot = f"签号 {shown.ticket}"
    if drawn is None:
        shown.standing = "not_drawn"
        shown.explanation = f"{chance}；{lot}排在第 {found.k + found.m} 位之后，未被抽中。"
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
