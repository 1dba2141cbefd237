"""The draw of RID/1 over many seeds, and two ways of drawing that are in use and are not fair."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from random import Random

from rid1.quota import by_ratio
from rid1.seed import target_key
from rid1.selection import smallest, unpack
from rid1.suites import S256

SEEDS = 4000
Stratum = tuple[str, str]
RAISED: Stratum = ("HR", "R1-COMPLAINTS")


def register() -> dict[Stratum, list[str]]:
    """Two lists of one round: HR in four credit-risk grades and a reason to raise (D9), XF without grades.

    110 objects of grade A and 20 that complaints raised are in both.
    """
    ids = [f"91410300MA{at:08}" for at in range(340)]
    return {
        ("HR", "A"): ids[:170],
        ("HR", "B"): ids[170:230],
        ("HR", "C"): ids[230:253],
        ("HR", "D"): ids[253:293],
        RAISED: ids[300:340],
        ("XF", "ALL"): [*ids[60:170], *ids[253:320]],
    }


def quotas(strata: dict[Stratum, list[str]]) -> dict[Stratum, int]:
    """What is published: the number drawn of each stratum, from its ratio (RID/1 §3)."""
    ratios = {
        ("HR", "A"): 500, ("HR", "B"): 1000, ("HR", "C"): 2500, ("HR", "D"): 5000, RAISED: 6000, ("XF", "ALL"): 1000,
    }  # fmt: skip
    return {at: by_ratio(len(objects), ratios[at]) for at, objects in strata.items()}


def drawn_by_rid1(folder: Path) -> list[dict[Stratum, list[str]]]:
    """One draw per seed, by the code that draws in earnest."""
    strata = register()
    pool = folder / "pool.tsv"
    rows = sorted(
        f"{code}\t{ident}\t{stratum}\tU1\n"
        for (code, stratum), objects in strata.items()
        for ident in objects
    )
    pool.write_text("".join(rows))
    need = {at: (len(strata[at]), k) for at, k in quotas(strata).items()}
    draws = []
    for at in range(SEEDS):
        key = target_key(S256, sha256(f"fairness {at}".encode()).hexdigest())
        drawn = smallest(pool, S256, key, need)
        draws.append({stratum: [unpack(packed).id for packed in found] for stratum, found in drawn.items()})
    return draws


def every_nth(objects: Sequence[str], k: int) -> list[list[str]]:
    """Systematic sampling: one random start, then every n-th row, as a published provincial platform draws."""
    rng = Random(1)
    step = len(objects) // k
    starts = (rng.randrange(step) for _ in range(SEEDS))
    return [list(objects[start::step][:k]) for start in starts]


def paged(objects: Sequence[str], k: int, page: int = 3) -> list[list[str]]:
    """ORDER BY random() read with OFFSET: every page is a query of its own, so it is shuffled anew.

    Some objects come twice and take a place from others; stored under their key they are there once.
    """
    rng = Random(2)
    draws = []
    for _ in range(SEEDS):
        found: dict[str, None] = {}
        for offset in range(0, k, page):
            shuffled = rng.sample(objects, len(objects))
            found.update(dict.fromkeys(shuffled[offset : min(offset + page, k)]))
        draws.append(list(found))
    return draws


def one_page(objects: Sequence[str], k: int) -> list[list[str]]:
    """ORDER BY random() on top of LIMIT: only the first page of the register is shuffled, here nine tenths of it."""
    rng = Random(4)
    page = objects[: max(k, len(objects) * 9 // 10)]
    return [rng.sample(page, k) for _ in range(SEEDS)]


def joint_first(objects: Sequence[str], k: int, others: Sequence[Sequence[str]]) -> list[list[str]]:
    """A list that takes whom another list drew first, to save visits, and draws only the places that are left."""
    rng = Random(5)
    members = set(objects)
    draws = []
    for other in others:
        first = [ident for ident in other if ident in members][:k]
        taken = set(first)
        rest = [ident for ident in objects if ident not in taken]
        draws.append([*first, *rng.sample(rest, k - len(first))])
    return draws


def shuffled_once(objects: Sequence[str], k: int) -> list[list[str]]:
    """ORDER BY random() LIMIT k in one query: fair, though nobody can check it."""
    rng = Random(3)
    return [rng.sample(objects, k) for _ in range(SEEDS)]
