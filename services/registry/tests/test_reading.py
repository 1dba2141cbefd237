"""How readers share a file."""

from hypothesis import given
from hypothesis import strategies as st
from suicha_registry.imports.reading import BATCH, Share


def lines_of(share: Share, total: int) -> list[range]:
    """The batches that a reader still reads of a file of so many rows."""
    found = []
    while (first := share.ahead) < total:
        batch = range(first, min(total, first - first % BATCH + BATCH))
        found.append(batch)
        share = share._replace(read=share.read + len(batch))
    return found


@given(total=st.integers(0, 12 * BATCH), of=st.integers(1, 5), stopped=st.data())
def test_readers_read_every_row_of_a_file_once_wherever_they_stopped(
    total: int, of: int, stopped: st.DataObject
) -> None:
    read = []
    for number in range(of):
        whole = lines_of(Share(number, of, 0), total)
        before = whole[: stopped.draw(st.integers(0, len(whole)))]
        read += before + lines_of(Share(number, of, sum(map(len, before))), total)
    assert sorted(line for batch in read for line in (batch.start, batch.stop)) == sorted(
        line for first in range(0, total, BATCH) for line in (first, min(total, first + BATCH))
    )
