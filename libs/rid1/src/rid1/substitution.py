"""After the draw (RID/1 §8): who steps in when an object drops out or an inspector cannot serve. No choosing.

`Roll` replays substitutions one by one from the drawn ranks and the match; it proposes the next one and checks a
logged one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rid1.errors import RidError
from rid1.lexmin import lots
from rid1.manifest import Manifest
from rid1.matching import Match
from rid1.seed import match_key, substitute_key, target_key
from rid1.selection import Drawn, Pick, unpack
from rid1.staffing import Roster

_WAYS = {"draw_order": "按抽取顺序", "fresh_beacon": "以退出后的信标"}


@dataclass(frozen=True)
class StepIn:
    """What must happen: the object that steps in (None when the stratum is used up), its rank and its team."""

    id: str | None
    rank: int | None
    team: tuple[str, ...]


Deeper = Callable[[str, str, str, int], Drawn]
"""(key, list, stratum, count) → the `count` smallest tickets of that stratum under a key, or all there are."""


class Roll:
    """The standing of a round after its substitutions so far.

    With `draw_order` the next rank steps in. With `fresh_beacon` the j-th object substitution gives new tickets to all
    who have not served yet, under a key that a beacon of after the drop-out goes into; the smallest steps in.
    """

    def __init__(
        self,
        manifest: Manifest,
        drawn: Drawn,
        matches: Iterable[Match],
        roster: Roster,
        seed: str,
        deeper: Deeper,
    ) -> None:
        self._manifest, self._roster, self._seed = manifest, roster, seed
        self._key = match_key(manifest.suite, seed)
        self._ranked = {at: [unpack(packed) for packed in found] for at, found in drawn.items()}
        self._next = {(li.code, st.code): st.k + 1 for li in manifest.lists for st in li.strata}
        self._active = {
            (li.code, st.code): {pick.id: pick for pick in self._ranked[li.code, st.code][: st.k]}
            for li in manifest.lists
            for st in li.strata
        }
        self._teams = {(match.crew, match.id): list(match.team) for match in matches}
        self._served = {at: set(active) for at, active in self._active.items()}
        self._gone: dict[tuple[str, str], set[str]] = {}
        self._fresh = 0
        self._deeper = deeper

    def object_out(self, list_code: str, stratum: str, object_id: str, beacon: str | None = None) -> StepIn:
        """Takes an object out; the next of its list and stratum steps in and takes over its team.

        `beacon` is the value of the round that the drop-out named, and needed exactly with `fresh_beacon`.
        Raises RidError `substitution`, or `opened_missing` when a sealed round does not show who is next.
        """
        if (beacon is None) == (self._manifest.substitutes == "fresh_beacon"):
            raise _fault(
                f"清单文件规定{_WAYS[self._manifest.substitutes]}递补",
                f"the manifest says {self._manifest.substitutes}",
            )
        active = self._active.get((list_code, stratum), {})
        if object_id not in active:
            raise _fault(f"对象 {object_id} 不在抽中之列", f"object {object_id} is not among the selected")
        del active[object_id]
        following = self._following(list_code, stratum, beacon)
        if following is None:
            return StepIn(None, None, ())
        rank, pick = following
        active[pick.id] = pick
        self._served[list_code, stratum].add(pick.id)
        crew = next(spec.crew for spec in self._manifest.lists if spec.code == list_code)
        before = self._teams.get((crew, pick.id)) or self._teams.get((crew, object_id), [])
        team = self._take_over(crew, pick, before)
        self._teams[crew, pick.id] = team
        return StepIn(pick.id, rank, tuple(team))

    def inspector_out(self, object_id: str, crew: str, inspector: str) -> str:
        """Takes an inspector out of an object's team; the next eligible by rank, alternates first, steps in."""
        team = self._teams.get((crew, object_id), [])
        pick = self._pick(crew, object_id)
        if inspector not in team or pick is None:
            raise _fault(
                f"{inspector} 不在 {object_id} 的检查组中", f"{inspector} does not serve {object_id}"
            )
        gone = self._gone.setdefault((crew, object_id), set())
        gone.add(inspector)
        for candidate in self._by_rank(crew, pick):
            if candidate not in team and candidate not in gone:
                team[team.index(inspector)] = candidate
                return candidate
        raise _fault(f"对象 {object_id} 已无可递补人员", f"nobody is left to serve {object_id}")

    def check(self, body: Mapping[str, Any], where: str) -> None:
        """Applies a logged substitution, checks its order. Raises RidError `substitute_order`, `substitution`."""
        try:
            if body["kind"] == "inspector":
                step: object = self.inspector_out(body["object"], body["crew"], body["out"])
                logged: object = body["in"]
            else:
                step = self.object_out(body["list"], body["stratum"], body["out"], body.get("beacon"))
                logged = StepIn(body["in"], body["rank"], tuple(body["team"]))
        except RidError as error:
            raise RidError(error.code, error.zh, error.en, where) from None
        except (KeyError, TypeError) as error:
            raise RidError(
                "substitution", f"递补记录缺少字段:{error}", f"a substitution lacks a field: {error}", where
            ) from None
        if step != logged:
            raise RidError(
                "substitute_order",
                f"递补未按顺序:应为 {step},记录为 {logged}",
                f"substitute out of order: {step} is due, {logged} is logged",
                where,
            )

    def _following(self, list_code: str, stratum: str, beacon: str | None) -> tuple[int, Pick] | None:
        at = (list_code, stratum)
        rank = self._next[at]
        st = self._manifest.stratum(list_code, stratum)
        assert st is not None
        self._fresh += beacon is not None
        if rank > st.n:
            return None
        if beacon is not None:
            key = substitute_key(self._manifest.suite, self._fresh, self._seed, beacon)
            tickets = map(unpack, self._deeper(key, list_code, stratum, rank)[at])
            pick = next((pick for pick in tickets if pick.id not in self._served[at]), None)
            if pick is None:
                raise _unopened(list_code, stratum, rank)
            self._next[at] = rank + 1
            return rank, pick
        if rank > len(self._ranked[at]):
            key = target_key(self._manifest.suite, self._seed)
            deeper = self._deeper(key, list_code, stratum, min(st.n, 2 * rank))
            self._ranked[at] = [unpack(packed) for packed in deeper[at]]
            if rank > len(self._ranked[at]):
                raise _unopened(list_code, stratum, rank)
        self._next[at] = rank + 1
        return rank, self._ranked[at][rank - 1]

    def _lists_of(self, crew: str, object_id: str) -> list[str]:
        return [
            spec.code
            for spec in self._manifest.lists
            if spec.crew == crew and any(object_id in self._active[spec.code, st.code] for st in spec.strata)
        ]

    def _pick(self, crew: str, object_id: str) -> Pick | None:
        for spec in self._manifest.lists:
            for st in spec.strata:
                if spec.crew == crew and object_id in self._active[spec.code, st.code]:
                    return self._active[spec.code, st.code][object_id]
        return None

    def _by_rank(self, crew: str, pick: Pick) -> list[str]:
        eligible = self._roster.eligible(crew, pick.unit, pick.id, self._lists_of(crew, pick.id))
        names = [inspector.id for inspector in eligible]
        order = lots(
            self._manifest.suite, self._key, pick.id, [n.encode() for n in names], (1 << len(names)) - 1
        )
        return [names[at] for at in order]

    def _take_over(self, crew: str, pick: Pick, before: list[str]) -> list[str]:
        """The team `before`, members who may not inspect the object replaced by its own next eligible by rank."""
        ranked = self._by_rank(crew, pick)
        spare = iter([name for name in ranked if name not in before])
        size = next(c.team for c in self._manifest.crews if c.code == crew)
        team = [name if name in ranked else next(spare, "") for name in before]
        team += [next(spare, "") for _ in range(size - len(team))]
        if "" in team:
            raise _fault(f"对象 {pick.id} 无法配齐检查人员", f"object {pick.id} cannot be staffed")
        return team


def _unopened(list_code: str, stratum: str, rank: int) -> RidError:
    return RidError(
        "opened_missing",
        f"名单 {list_code} 层 {stratum} 第 {rank} 位的对象未公开",
        f"the object of rank {rank} in list {list_code} stratum {stratum} is not opened",
    )


def _fault(zh: str, en: str) -> RidError:
    return RidError("substitution", zh, en)
