"""The scheme (方案) of a draw: what is drawn from which list, by whom, by which rules; public from the freeze on.

S1 二（二）: 每期抽查制定的实施方案要及时向社会公开 (P5). Read from the round alone, so it says what was drawn by.
"""

from collections.abc import Sequence

from suicha_contracts.codes import NOT_VERIFIABLE
from suicha_contracts.publication import DRAW_MODE_TEXT
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import percent

from suicha_draw.conditions import conditions_text
from suicha_draw.exclusions import WORDS
from suicha_draw.models import Round
from suicha_draw.printing.sheet import Sheet, Table
from suicha_draw.rounds.citing import cited_exclusions
from suicha_draw.rounds.schemas.kept import RoundCrew, RoundList
from suicha_draw.rounds.store import crews_of, frozen_of, lists_of, settings_of
from suicha_draw.words import CHINA, party_words

_TASKS = (
    "序号", "抽查计划编号", "抽查任务编号", "抽查任务名称", "抽查类型", "抽查事项", "抽查条件", "抽查比例或数量",
    "发起处室",
)  # fmt: skip
_TASK_WEIGHTS = (3, 8, 7, 18, 7, 12, 22, 14, 9)
_CREWS = ("检查队伍", "每个对象检查人员", "递补人员")


def scheme_sheet(row: Round, ruleset: Ruleset) -> Sheet:
    """Return the scheme of a round as a document."""
    settings = settings_of(row)
    sources = [f"{party_words(name)}的秘密值" for name in settings.contributors]
    if settings.dice:
        sources.append("当众掷出的 20 位骰子点数")
    if settings.beacon is not None:
        sources.append("公开随机信标")
    how = f"RID/1 公开可核验的摇号，{settings.suite}；随机种子来源：{'、'.join(sources)}"
    if settings.lots is not None:
        how = NOT_VERIFIABLE
    facts = [
        ("抽取编号", f"{row.draw_id}（第 {row.attempt} 次）"),
        ("实施单位", row.org_name),
        ("检查时间", f"{row.inspect_from} 至 {row.inspect_to}"),
        (
            "依据规则",
            f"{ruleset.name}（{row.ruleset_id}，{row.ruleset_version} 版，SHA-256 {row.ruleset_sha}）",
        ),
        ("抽取方法", how),
        (
            "最迟揭示时间" if settings.lots is None else "最迟抽签时间",
            f"{row.reveal_by.astimezone(CHINA):%Y-%m-%d %H:%M:%S}（北京时间）",
        ),
        ("候补检查对象", f"每层抽中数的 {percent(settings.sub_bp)}，按抽取先后顺序递补"),
    ]
    lists = lists_of(row)
    tasks = Table(
        _TASKS, _TASK_WEIGHTS, [_task(at, one) for at, one in enumerate(lists, start=1)], "抽查任务"
    )
    crews = Table(_CREWS, (2, 2, 2), [_crew(one) for one in crews_of(row)], "检查人员")
    return Sheet(f"{row.org_name} {row.draw_id} 抽查实施方案", [tasks, crews], facts, _left_out(row, ruleset))


def _task(at: int, one: RoundList) -> Sequence[str]:
    return (
        str(at), one.plan_number, one.task_number, one.task_name, DRAW_MODE_TEXT[one.mode],
        "、".join(one.items), one.conditions or conditions_text(one.criteria), _ratios(one), one.department,
    )  # fmt: skip


def _ratios(one: RoundList) -> str:
    parts = [f"{one.stratum_name(code)} {percent(bp)}" for code, bp in sorted(one.ratios.items())]
    parts += [f"{one.stratum_name(code)} {count} 家" for code, count in sorted(one.counts.items())]
    if one.ratio_bp is not None:
        parts.append(f"其余 {percent(one.ratio_bp)}" if parts else percent(one.ratio_bp))
    if one.count is not None:
        parts.append(f"{one.count} 家")
    for raised in one.raises:
        name = one.stratum_name(raised.stratum)
        much = f"{raised.count} 家" if raised.ratio_bp is None else percent(raised.ratio_bp)
        parts.append(f"{name} {much}")
    return "、".join(parts)


def _crew(one: RoundCrew) -> Sequence[str]:
    return one.code, f"{one.team} 人", f"{one.alternates} 人"


def _left_out(row: Round, ruleset: Ruleset) -> list[str]:
    """The rules that may leave objects out, each with its clause: once frozen as they bound each list."""
    kept = list(frozen_of(row).clauses.values()) if row.frozen is not None else []
    notes = [
        f"不列入抽取：{WORDS[reason]}（{clause.text()}）"
        for clauses in kept or [cited_exclusions(ruleset)]
        for reason, clause in clauses.items()
    ]
    return list(dict.fromkeys(notes))
