"""The answer of a simulation put together: figures, words and charts. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from suicha_draw.conditions import percent_text
from suicha_draw.exclusions import ExclusionRules
from suicha_draw.plans.simulating import charts
from suicha_draw.plans.simulating.expectation import (
    MOST_VISITS,
    Group,
    Load,
    PlannedList,
    Rounds,
    Year,
    chance_in_round,
    chance_in_year,
    loads_of,
    rounds_apart,
    rounds_by_month,
    year_of,
)
from suicha_draw.plans.simulating.schemas import (
    SCHEME_TEXT,
    LoadFigures,
    ObjectFigures,
    Simulation,
    TaskFigures,
    TrialFigures,
    YearFigures,
)
from suicha_draw.plans.simulating.trial import Quota, Trial, play

_LOADS, _CHARTED = 200, 20
NOTES = (
    "各任务抽取户数按比例逐层向上取整，不足 1 家的以 1 家计，为精确值（RID/1 第三节）。",
    "“各任务分别抽取”的次数与分布为精确期望值：各次抽取相互独立，同层每户概率相同。",
    "“同月任务合并抽取”时同户共用一张号票，被检查的概率取其所在各层中最大者；层越大越精确，小层以推演结果为准。",
    "推演按月依次抽取并计入免检、避免重复、频次和上限，假定每次检查均在当月完成且未发现违法，没有异常主体；"
    "同一随机种子得到同一结果。",
    "只计本计划：以往年度和今年已经做过的检查、本机构今年其他计划的任务都没有计入，真正抽取时会计入。",
)


@dataclass(frozen=True)
class Simulated:
    """A plan and the register, counted."""

    plan_id: str
    number: str
    counted_at: str
    register_size: int
    numbers: Mapping[str, str]
    """List code → number of its task."""
    groups: Sequence[Group]
    lists: Mapping[str, PlannedList]
    inspectors: Mapping[tuple[str, str], int]
    object_id: str | None
    object_strata: Mapping[str, str]


@dataclass(frozen=True)
class Played:
    """How the year is played through."""

    rules: Callable[[int], ExclusionRules]
    """Who is left out of the rounds of a month."""
    text: str
    seed: int


def figures(made: Simulated, played: Played, quota: Quota) -> Simulation:
    """Return everything that is said about a plan's year."""
    together, apart = rounds_by_month(made.lists.values()), rounds_apart(made.lists.values())
    planned, single = year_of(made.groups, made.lists, together), year_of(made.groups, made.lists, apart)
    rules = [played.rules(made.lists[codes[0]].month) for codes in together]
    trial = play(made.groups, made.lists, together, rules, quota, played.seed)
    loads = loads_of(made.groups, made.lists, together, made.inspectors)
    return Simulation(
        plan_id=made.plan_id, number=made.number, counted_at=made.counted_at, register_size=made.register_size,
        tasks=[_task(made.numbers[code], one) for code, one in made.lists.items()],
        schemes={"planned": YearFigures(**_year(planned)), "apart": YearFigures(**_year(single))},
        saved_visits=round(single.visits - planned.visits, 1),
        trial=TrialFigures(
            **_year(trial.year), exempted=round(trial.exempted, 1), runs=trial.runs, played=trial.played,
            seed=trial.seed, exemption=played.text,
        ),
        loads=[_load(one) for one in loads[:_LOADS]],
        object=_object(made, together) if made.object_id else None,
        notes=list(NOTES), charts=_charts(made, planned, single, trial, loads),
    )  # fmt: skip


def _task(number: str, one: PlannedList) -> TaskFigures:
    return TaskFigures(
        number=number, name=one.name, month=one.month, list_code=one.code,
        objects=sum(n for n, _ in one.strata.values()), drawn=sum(k for _, k in one.strata.values()),
        strata={stratum: f"{k}/{n}" for stratum, (n, k) in one.strata.items()},
    )  # fmt: skip


def _year(year: Year) -> dict[str, object]:
    more = sum(year.by_visits[2:])
    labels = [*map(str, range(MOST_VISITS)), f"{MOST_VISITS}+"]
    return {
        "visits": round(year.visits, 1),
        "objects": round(year.objects, 1),
        "by_visits": {label: round(number, 1) for label, number in zip(labels, year.by_visits, strict=True)},
        "more_than_once_bp": round(10_000 * more / year.objects) if year.objects else 0,
    }


def _load(one: Load) -> LoadFigures:
    return LoadFigures(
        crew=one.crew, unit=one.unit, visits=round(one.visits, 1), team=one.team, inspectors=one.inspectors,
        visits_each=None if one.each is None else round(one.each, 1),
    )  # fmt: skip


def _object(made: Simulated, rounds: Rounds) -> ObjectFigures:
    strata = {code: stratum for code, stratum in made.object_strata.items() if code in made.lists}
    whole = chance_in_year(strata, made.lists, rounds)
    return ObjectFigures(
        object_id=made.object_id or "",
        strata={f"{made.numbers[code]} {made.lists[code].name}": stratum for code, stratum in strata.items()},
        drawn_in_year=str(whole), drawn_in_year_text=percent_text(whole.numerator, whole.denominator),
        by_round={
            "+".join(made.numbers[code] for code in codes): str(chance_in_round(strata, made.lists, codes))
            for codes in rounds
        },
    )  # fmt: skip


def _charts(
    made: Simulated, planned: Year, single: Year, trial: Trial, loads: Sequence[Load]
) -> dict[str, str]:
    lists = list(made.lists.values())
    names = [f"{made.numbers[one.code]} {one.name}" for one in lists]
    by_month = [
        year_of(made.groups, made.lists, [[one.code for one in lists if one.month == month]]).visits
        for month in range(1, 13)
    ]
    visits = [f"{number} 次" for number in range(1, MOST_VISITS)] + [f"{MOST_VISITS} 次以上"]
    found = {
        "tasks": charts.rows(
            "各任务抽取户数", names, [("抽取户数", [sum(k for _, k in one.strata.values()) for one in lists])]
        ),
        "visits": charts.bars(
            "每户全年被检查次数（户数）", visits,
            [
                (SCHEME_TEXT["planned"], planned.by_visits[1:]), (SCHEME_TEXT["apart"], single.by_visits[1:]),
                ("计入豁免（推演）", trial.year.by_visits[1:]),
            ],
        ),
        "months": charts.bars("各月检查次数", [f"{month}月" for month in range(1, 13)], [("检查次数", by_month)]),
    }  # fmt: skip
    shown = [one for one in loads if one.each is not None][:_CHARTED]
    if shown:
        found["loads"] = charts.rows(
            "每名检查人员全年检查次数", [f"{one.crew} {one.unit}" for one in shown],
            [("次", [one.each or 0 for one in shown])],
        )  # fmt: skip
    return found
