"""What a freeze counts while it writes: the same as counting afterwards, however the lines fall into blocks."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from suicha_registry.snapshots.tally import Tally


@given(
    st.dictionaries(st.sampled_from(["HR", "HR2", "LD", "ZZ"]), st.integers(1, 9), min_size=1),
    st.integers(1, 7),
    st.sets(st.integers(0, 35), max_size=2),
)
def test_lists_are_counted_and_an_object_without_a_unit_is_noticed_in_any_blocks(
    sizes: dict[str, int], block: int, without: set[int]
) -> None:
    lists = [code for code in sorted(sizes) for _ in range(sizes[code])]
    lines = [f"{code}\tID{n:03}\tALL\t{'' if n in without else 'U1'}" for n, code in enumerate(lists)]
    tally = Tally({"QQ": 0})
    for start in range(0, len(lines), block):
        tally("\n".join(lines[start : start + block]))
    assert dict(tally) == dict(Counter(sizes)) | {"QQ": 0}
    assert tally.unitless == any(n < len(lines) for n in without)
