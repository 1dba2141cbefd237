"""The heavy part of a simulation, a process of its own: one JSON `Question` comes in, one `Simulation` goes out.

So the API's loop stays free for other requests, and the memory goes back with the process (docs/decisions/0016).
It has neither database nor network.
"""

import sys
from collections.abc import Mapping

from rid1 import quota

from suicha_draw.plans.simulating.expectation import Group, PlannedList
from suicha_draw.plans.simulating.figures import Played, Simulated, figures
from suicha_draw.plans.simulating.schemas import Question, Simulation
from suicha_draw.rounds.rules import strata_of
from suicha_draw.rounds.schemas.kept import RoundList


def simulation(asked: Question) -> Simulation:
    """Return the figures of a plan's year. Pure."""
    survey = asked.survey
    groups = [Group(one.strata, one.unit, one.objects) for one in survey.groups]
    sizes: dict[str, dict[str, int]] = {one.code: {} for one in asked.lists}
    for group in groups:
        for code, stratum in group.strata.items():
            sizes[code][stratum] = sizes[code].get(stratum, 0) + group.objects
    quotas = {one.code: _quotas(one, sizes[one.code]) for one in asked.lists}
    lists = {
        one.code: PlannedList(
            one.code, one.task_name, one.crew, content.team, content.month,
            {stratum: (n, _drawn(quotas[one.code], stratum, n)) for stratum, n in sorted(sizes[one.code].items())},
        )
        for one, content in zip(asked.lists, asked.contents, strict=True)
    }  # fmt: skip
    made = Simulated(
        plan_id=asked.plan_id, number=asked.number, counted_at=survey.counted_at,
        register_size=survey.register_size, numbers={one.code: one.task_number for one in asked.lists},
        groups=groups, lists=lists, inspectors={(one.crew, one.unit): one.inspectors for one in survey.staff},
        object_id=asked.object_id, object_strata=survey.object_strata or {},
    )  # fmt: skip
    played = Played(asked.rules.__getitem__, asked.exemption, asked.seed)
    return figures(made, played, lambda code, stratum, left: _drawn(quotas[code], stratum, left))


def _quotas(wanted: RoundList, sizes: Mapping[str, int]) -> dict[str, tuple[int | None, int | None]]:
    return {one.code: (one.bp, one.count) for one in strata_of(wanted, sizes)}


def _drawn(quotas: Mapping[str, tuple[int | None, int | None]], stratum: str, n: int) -> int:
    """Return how many of n objects are drawn; a stratum for which the task says nothing cannot be drawn."""
    bp, count = quotas.get(stratum, (None, 0))
    return quota.by_number(n, count or 0) if bp is None else quota.by_ratio(n, bp)


def main() -> None:
    """Answer the question on standard input."""
    asked = Question.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.write(simulation(asked).model_dump_json())


if __name__ == "__main__":
    main()
