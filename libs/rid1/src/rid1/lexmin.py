"""LEXMIN/1 (RID/1 §7): which inspectors go to which object. Pure: lots, eligibility and caps in, teams out.

For one crew and unit a full assignment is kept at all times. Targets choose in order, each by rank; a choice
stands if the rest can be re-arranged around it, which one search for an augmenting path decides exactly. Sets of
inspectors are bit masks.
"""

from __future__ import annotations

from collections.abc import Sequence

from rid1.suites import Suite


def lots(suite: Suite, key: str, target: str, inspectors: Sequence[bytes], eligible: int) -> list[int]:
    """Eligible inspectors of a target, as positions in `inspectors`, by rank: ascending (lot, id)."""
    base = suite.new(f"{key}:{target}:".encode())
    drawn: list[tuple[bytes, int]] = []
    for at, inspector in enumerate(inspectors):
        if eligible >> at & 1:
            state = base.copy()
            state.update(inspector)
            drawn.append((state.digest(), at))
    drawn.sort()  # positions follow ids, so equal lots would fall back to the id as RID/1 §7 wants
    return [at for _, at in drawn]


class _Assignment:
    """A full assignment of one unit: `team[t]` the mask of target t's inspectors, `load` per inspector."""

    def __init__(
        self, ranks: Sequence[Sequence[int]], masks: Sequence[int], team: int, cap: int, size: int
    ) -> None:
        self.masks, self.team_size, self.cap = masks, team, cap
        self.teams = [0] * len(ranks)
        self.load = [0] * size
        self.spare = (1 << size) - 1 if cap > 0 else 0
        # Targets that an inspector is assigned to and that have not chosen yet: only those can be re-arranged.
        self.open: list[set[int]] = [set() for _ in range(size)]
        for t, ranked in enumerate(ranks):
            missing = team
            for i in ranked:
                if missing and self.spare >> i & 1:
                    self.assign(t, i)
                    missing -= 1

    def assign(self, t: int, i: int) -> None:
        """Puts inspector i into the team of t."""
        self.teams[t] |= 1 << i
        self.open[i].add(t)
        self.load[i] += 1
        if self.load[i] >= self.cap:
            self.spare &= ~(1 << i)

    def release(self, t: int, i: int) -> None:
        """Takes inspector i out of the team of t."""
        self.teams[t] &= ~(1 << i)
        self.open[i].discard(t)
        self.load[i] -= 1
        if self.load[i] < self.cap:
            self.spare |= 1 << i

    def raise_cap(self) -> None:
        """Lets everybody serve once more."""
        self.cap += 1
        self.spare = (1 << len(self.load)) - 1

    def free(self, i: int, goal: int, but: int) -> int | None:
        """Frees one place of full inspector i by moving open targets along a path that ends in the mask `goal`.

        Returns the inspector at the end, who gained a place, or None (nothing changed). Target `but` is not moved.
        """
        came: dict[int, tuple[int, int]] = {}
        seen = 1 << i
        queue = [i]
        for giver in queue:
            for t in self.open[giver]:
                if t == but:
                    continue
                reach = self.masks[t] & ~self.teams[t] & ~seen
                if not reach:
                    continue
                found = reach & goal
                if found:
                    taker = found.bit_length() - 1
                    came[taker] = (giver, t)
                    self._move(i, taker, came)
                    return taker
                seen |= reach
                while reach:
                    taker = reach.bit_length() - 1
                    reach ^= 1 << taker
                    came[taker] = (giver, t)
                    queue.append(taker)
        return None

    def _move(self, start: int, taker: int, came: dict[int, tuple[int, int]]) -> None:
        while taker != start:
            giver, t = came[taker]
            self.release(t, giver)
            self.assign(t, taker)
            taker = giver

    def complete(self) -> bool:
        """Fills every team that lacks members; False when the cap does not allow it."""
        for t, team in enumerate(self.teams):
            for _ in range(self.team_size - team.bit_count()):
                if not self._fill(t):
                    return False
        return True

    def _fill(self, t: int) -> bool:
        wanted = self.masks[t] & ~self.teams[t]
        if direct := wanted & self.spare:
            self.assign(t, direct.bit_length() - 1)
            return True
        while wanted:
            i = wanted.bit_length() - 1
            wanted ^= 1 << i
            if self.free(i, self.spare, t) is not None:
                self.assign(t, i)
                return True
        return False

    def choose(self, t: int, ranked: Sequence[int]) -> list[int]:
        """The smallest choice of t by rank that leaves a full assignment for all; it is fixed from then on."""
        chosen: list[int] = []
        undecided = self.teams[t]  # members of t's present team that its choices have not confirmed
        for i in ranked:
            if undecided >> i & 1:
                undecided ^= 1 << i
            else:
                dropped = self._make_room(t, i, undecided)
                if dropped is None:
                    continue
                undecided ^= 1 << dropped
                self.release(t, dropped)
                self.assign(t, i)
            chosen.append(i)
            if len(chosen) == self.team_size:
                break
        for i in chosen:
            self.open[i].discard(t)
        return chosen

    def _make_room(self, t: int, i: int, undecided: int) -> int | None:
        """The undecided member of t that can give way to i, the others being re-arranged if need be."""
        if self.spare >> i & 1:
            return undecided.bit_length() - 1
        end = self.free(i, self.spare | undecided, t)
        if end is None:
            return None
        # A path that ends in a member of t gives that member one target too many until t lets it go.
        return end if undecided >> end & 1 else undecided.bit_length() - 1


def cap_of(team: int, targets: int, inspectors: int, slack: int) -> int:
    """⌈team · targets / inspectors⌉ + slack (RID/1 §7)."""
    return -(-team * targets // inspectors) + slack


def lexmin(
    ranks: Sequence[Sequence[int]], team: int, inspectors: int, slack: int
) -> tuple[list[list[int]], int]:
    """Teams of all targets, given each target's eligible inspectors by rank, and the slack that was needed.

    Every target must have at least `team` eligible inspectors (ValueError otherwise).
    """
    if not ranks:
        return [], slack
    if any(len(ranked) < team for ranked in ranks):
        raise ValueError("a target has fewer eligible inspectors than a team needs")
    masks = [sum(1 << i for i in ranked) for ranked in ranks]
    plan = _Assignment(ranks, masks, team, cap_of(team, len(ranks), inspectors, slack), inspectors)
    while not plan.complete():
        plan.raise_cap()
        slack += 1
    return [plan.choose(t, ranked) for t, ranked in enumerate(ranks)], slack
