"""Lots drawn by hand (抽签, 摇号; D1): what was drawn is checked against the frozen lists, and written as files.

Runs in the child of `suicha_draw.compute`, so it imports rid1 and the standard library only. It decides nothing and
proves nothing: whoever drew decides, and nobody can repeat it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rid1.errors import RidError
from rid1.staffing import Roster, read_roster
from rid1.suites import Suite, suite_named

FAULTS_AT_MOST = 100
"""Faults that are named one by one; the total is always told."""

Fault = tuple[str, str, str]
"""(where, code, message in Chinese)."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Quota:
    """One stratum of a list: its crew, how many are selected, and how many substitutes at most."""

    crew: str
    k: int
    m: int


@dataclass(frozen=True)
class Size:
    """How many inspectors of a crew serve at one object, and how many alternates stand behind them at most."""

    team: int
    alternates: int


@dataclass(frozen=True)
class Frozen:
    """What the lots were drawn from: quotas by (list, stratum), crews, roster, and pool lines of the drawn objects."""

    quotas: Mapping[tuple[str, str], Quota]
    crews: Mapping[str, Size]
    roster: Roster
    pooled: Mapping[tuple[str, str], tuple[str, str]]
    """(list, object) → (stratum, unit)."""

    def lists_of(
        self, crew: str, object_id: str, selected: Mapping[tuple[str, str], Sequence[str]]
    ) -> list[str]:
        """The lists of a crew in which an object is selected."""
        return sorted(
            code
            for (code, at), who in selected.items()
            if self.quotas[code, at].crew == crew and object_id in who
        )


def named_objects(content: Mapping[str, Any]) -> set[str]:
    """Return every object that was drawn by hand, as selected or as substitute."""
    return {one for part in content["results"] for one in (*part["selected"], *part["substitutes"])}


def pool_lines(pool: Path, objects: Iterable[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """Read (list, object) → (stratum, unit) of some objects from pool.tsv, in one pass and bounded memory."""
    wanted = set(objects)
    found = {}
    with pool.open(encoding="utf-8") as lines:
        for line in lines:
            list_code, object_id, stratum, unit = line.rstrip("\n").split("\t")
            if object_id in wanted:
                found[list_code, object_id] = (stratum, unit)
    return found


def faults_of(content: Mapping[str, Any], frozen: Frozen) -> list[Fault]:
    """Return everything that is wrong with a result drawn by hand, each with its place in the document.

    Every stratum has exactly its quota of different pooled objects, and every selected object one team of eligible
    inspectors for each crew that goes there.
    """
    faults = list(_result_faults(content, frozen))
    return faults or list(_team_faults(content, frozen))


def _result_faults(content: Mapping[str, Any], frozen: Frozen) -> Iterator[Fault]:
    given: set[tuple[str, str]] = set()
    seen: set[tuple[str, str]] = set()
    for number, part in enumerate(content["results"]):
        at, where = (part["list_code"], part["stratum"]), f"body.results.{number}"
        name = f"名单“{at[0]}”层“{at[1]}”"
        quota = frozen.quotas.get(at)
        if quota is None or at in given:
            why = "不在冻结的名单中" if quota is None else "填写了两次"
            yield where, "stratum_unknown" if quota is None else "stratum_twice", f"{name}{why}"
            continue
        given.add(at)
        if len(part["selected"]) != quota.k:
            yield f"{where}.selected", "quota", f"{name}应抽 {quota.k} 家，填写了 {len(part['selected'])} 家"
        if len(part["substitutes"]) > quota.m:
            text = f"{name}至多候补 {quota.m} 家，填写了 {len(part['substitutes'])} 家"
            yield f"{where}.substitutes", "too_many_substitutes", text
        for kind in ("selected", "substitutes"):
            for place, one in enumerate(part[kind]):
                line = f"{where}.{kind}.{place}"
                pooled = frozen.pooled.get((at[0], one))
                if pooled is None:
                    yield line, "not_pooled", f"对象 {one} 不在名单“{at[0]}”的冻结名单中"
                elif pooled[0] != at[1]:
                    yield (
                        line,
                        "other_stratum",
                        f"对象 {one} 属于名单“{at[0]}”的层“{pooled[0]}”，不属于层“{at[1]}”",
                    )
                elif (at[0], one) in seen:
                    yield line, "repeated", f"对象 {one} 在名单“{at[0]}”中重复"
                seen.add((at[0], one))
    for code, stratum in sorted(set(frozen.quotas) - given):
        if frozen.quotas[code, stratum].k:
            k = frozen.quotas[code, stratum].k
            yield "body.results", "stratum_missing", f"缺少名单“{code}”层“{stratum}”的结果，应抽 {k} 家"


def _team_faults(content: Mapping[str, Any], frozen: Frozen) -> Iterator[Fault]:
    selected = selected_of(content)
    due = {(one, frozen.quotas[at].crew) for at, who in selected.items() for one in who}
    given: set[tuple[str, str]] = set()
    for number, part in enumerate(content["teams"]):
        at, where = (part["object_id"], part["crew"]), f"body.teams.{number}"
        if at not in due or at in given:
            why = "填写了两次" if at in given else "没有抽中，不应有检查组"
            yield where, "team_twice" if at in given else "team_not_due", f"对象 {at[0]} 在队伍“{at[1]}”{why}"
            continue
        given.add(at)
        yield from _one_team(part, where, frozen, selected)
    for object_id, crew in sorted(due - given):
        yield "body.teams", "team_missing", f"缺少对象 {object_id} 的检查组（队伍“{crew}”）"


def _one_team(
    part: Mapping[str, Any],
    where: str,
    frozen: Frozen,
    selected: Mapping[tuple[str, str], Sequence[str]],
) -> Iterator[Fault]:
    object_id, crew = part["object_id"], part["crew"]
    size = frozen.crews[crew]
    if len(part["team"]) != size.team:
        text = f"对象 {object_id} 的检查组应为 {size.team} 人，填写了 {len(part['team'])} 人"
        yield f"{where}.team", "team_size", text
    if len(part["alternates"]) > size.alternates:
        text = f"对象 {object_id} 至多递补 {size.alternates} 人，填写了 {len(part['alternates'])} 人"
        yield f"{where}.alternates", "too_many_alternates", text
    lists = frozen.lists_of(crew, object_id, selected)
    unit = frozen.pooled[lists[0], object_id][1]
    eligible = {one.id for one in frozen.roster.eligible(crew, unit, object_id, lists)}
    recused = frozen.roster.recused.get(object_id, frozenset())
    seen: set[str] = set()
    for kind in ("team", "alternates"):
        for place, one in enumerate(part[kind]):
            line = f"{where}.{kind}.{place}"
            if one in seen:
                yield line, "repeated", f"检查人员 {one} 在对象 {object_id} 重复"
            elif one in recused:
                yield line, "recused", f"检查人员 {one} 须回避对象 {object_id}"
            elif one not in eligible:
                text = f"检查人员 {one} 不能检查对象 {object_id}：不属于队伍“{crew}”、单位“{unit}”，或无相应事项资格"
                yield line, "not_eligible", text
            seen.add(one)


def selected_of(content: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Return the selected objects by (list, stratum), in the order drawn."""
    return {(part["list_code"], part["stratum"]): list(part["selected"]) for part in content["results"]}


def write(
    content: Mapping[str, Any], frozen: Frozen, suite: Suite, round_id: str, out: Path
) -> dict[str, Any]:
    """Write result.tsv and match.tsv as a draw does, with an empty ticket, and their rows for COPY; return hashes.

    Results by list, stratum and order drawn; teams by object and crew.
    """
    out.mkdir()
    results = [
        f"{part['list_code']}\t{part['stratum']}\t{rank}\t{kind}\t{one}\t\n"
        for part in sorted(content["results"], key=lambda part: (part["list_code"], part["stratum"]))
        for rank, (kind, one) in enumerate(
            [("S", one) for one in part["selected"]] + [("R", one) for one in part["substitutes"]], 1
        )
    ]
    selected = selected_of(content)
    matches, rows = [], []
    teams = sorted(content["teams"], key=lambda part: (part["object_id"], part["crew"]))
    for position, part in enumerate(teams, 1):
        object_id, crew = part["object_id"], part["crew"]
        unit = frozen.pooled[frozen.lists_of(crew, object_id, selected)[0], object_id][1]
        team, alternates = ",".join(part["team"]), ",".join(part["alternates"])
        matches.append(f"{object_id}\t{crew}\t{unit}\t{team}\t{alternates}\n")
        rows.append(f"{round_id}\t{position}\t{object_id}\t{crew}\t{unit}\t{{{team}}}\t{{{alternates}}}\n")
    ids = sorted(named_objects(content))
    hashes = {}
    for name, lines in (("result", results), ("match", matches)):
        data = "".join(lines).encode()
        (out / f"{name}.tsv").write_bytes(data)
        state = suite.new(b"")
        state.update(data)
        hashes[f"{name}_hash"] = state.hexdigest()
    (out / "results.copy").write_text("".join(f"{round_id}\t{line}" for line in results))
    (out / "matches.copy").write_text("".join(rows))
    (out / "ids.txt").write_text("".join(f"{one}\n" for one in ids))
    return hashes | {
        "result_rows": len(results),
        "match_rows": len(matches),
        "ids": len(ids),
        "visits": len({one for who in selected.values() for one in who}),
    }


class Standing:
    """A round drawn by hand after its substitutions so far: the next recorded one steps in, and nobody else."""

    def __init__(self, content: Mapping[str, Any], frozen: Frozen) -> None:
        self._frozen = frozen
        self._active = selected_of(content)
        self._waiting = {
            (part["list_code"], part["stratum"]): list(part["substitutes"]) for part in content["results"]
        }
        self._ranks = {
            (part["list_code"], part["stratum"], one): rank
            for part in content["results"]
            for rank, one in enumerate([*part["selected"], *part["substitutes"]], 1)
        }
        self._teams = {(part["object_id"], part["crew"]): list(part["team"]) for part in content["teams"]}
        self._alternates = {
            (part["object_id"], part["crew"]): list(part["alternates"]) for part in content["teams"]
        }

    def carry_out(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Take somebody out and return who steps in, as a log entry has it.

        Raises:
            RidError: `substitution`: who is to drop out does not serve, or no recorded alternate is left.
        """
        if wanted["kind"] == "inspector":
            return {"in": self._inspector_out(wanted["object"], wanted["crew"], wanted["out"])}
        return self._object_out((wanted["list"], wanted["stratum"]), wanted["out"])

    def _object_out(self, at: tuple[str, str], out: str) -> dict[str, Any]:
        if out not in self._active.get(at, ()):
            raise _fault(f"对象 {out} 不在抽中之列", f"object {out} is not among the selected")
        self._active[at].remove(out)
        if not self._waiting[at]:
            return {"in": None, "rank": None, "team": []}
        into = self._waiting[at].pop(0)
        self._active[at].append(into)
        crew = self._frozen.quotas[at].crew
        # Selected in another list of the crew, it keeps its own team; else it takes over that of who dropped out.
        source = (into, crew) if (into, crew) in self._teams else (out, crew)
        self._teams[into, crew] = self._fit(into, crew, self._teams[source], self._alternates[source])
        self._alternates[into, crew] = [
            one for one in self._alternates[source] if one not in self._teams[into, crew]
        ]
        return {"in": into, "rank": self._ranks[(*at, into)], "team": list(self._teams[into, crew])}

    def _inspector_out(self, object_id: str, crew: str, out: str) -> str:
        team = self._teams.get((object_id, crew), [])
        if out not in team:
            raise _fault(f"{out} 不在 {object_id} 的检查组中", f"{out} does not serve {object_id}")
        eligible = self._eligible(object_id, crew)
        waiting = self._alternates[object_id, crew]
        while waiting:
            into = waiting.pop(0)
            if into in eligible:
                team[team.index(out)] = into
                return str(into)
        raise _fault(
            f"对象 {object_id} 已无登记的递补人员", f"no recorded alternate is left to serve {object_id}"
        )

    def _fit(self, object_id: str, crew: str, team: Sequence[str], alternates: Sequence[str]) -> list[str]:
        """The team, whoever may not inspect the object replaced by the next recorded alternate who may."""
        eligible = self._eligible(object_id, crew)
        spare = iter([one for one in alternates if one in eligible and one not in team])
        fitted = [one if one in eligible else next(spare, "") for one in team]
        if "" in fitted:
            raise _fault(f"对象 {object_id} 无法配齐检查人员", f"object {object_id} cannot be staffed")
        return fitted

    def _eligible(self, object_id: str, crew: str) -> set[str]:
        lists = self._frozen.lists_of(crew, object_id, self._active)
        if not lists:
            return set()
        unit = self._frozen.pooled[lists[0], object_id][1]
        return {one.id for one in self._frozen.roster.eligible(crew, unit, object_id, lists)}


def _fault(zh: str, en: str) -> RidError:
    return RidError("substitution", zh, en)


def lots(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Check lots drawn by hand; without faults, and if `write` says so, write their files into `out`.

    In the folder: pool.tsv, inspectors.tsv, recusals.tsv and lots.json, the document as typed.
    """
    folder = Path(task["folder"])
    content = json.loads((folder / "lots.json").read_bytes())
    frozen = _frozen(folder, content, task)
    faults = faults_of(content, frozen)
    if faults or not task["write"]:
        return {"faults": faults[:FAULTS_AT_MOST], "total": len(faults)}
    told = write(content, frozen, suite_named(task["suite"]), task["round_id"], folder / "out")
    return told | {"faults": [], "total": 0}


def substitute_lots(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Find who steps in after lots drawn by hand, after the substitutions `before`: the next recorded one."""
    folder = Path(task["folder"])
    content = json.loads((folder / "lots.json").read_bytes())
    standing = Standing(content, _frozen(folder, content, task))
    for body in task["before"]:
        standing.carry_out(body)
    return standing.carry_out(task["wanted"])


def _frozen(folder: Path, content: Mapping[str, Any], task: Mapping[str, Any]) -> Frozen:
    return Frozen(
        {(code, stratum): Quota(crew, k, m) for code, stratum, crew, k, m in task["quotas"]},
        {code: Size(team, alternates) for code, team, alternates in task["crews"]},
        read_roster(folder / "inspectors.tsv", folder / "recusals.tsv"),
        pool_lines(folder / "pool.tsv", named_objects(content)),
    )
