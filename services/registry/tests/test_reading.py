"""How readers share a file, and what they send to the stage."""

from pathlib import Path
from typing import cast
from uuid import UUID

import psycopg
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr
from suicha_registry.imports.faults import Fault, Taken
from suicha_registry.imports.outcome import Task
from suicha_registry.imports.reading import BATCH, Share
from suicha_registry.imports.staging import Batch, Stage, is_text
from suicha_registry.tables.copy_text import copy_line, read_lines

TASK = Task(
    UUID(int=1),
    "subjects",
    Path("x.csv"),
    "410000-rst",
    "410000",
    "41",
    "",
    {},
    "a",
    "s",
    SecretStr(""),
    True,
)
TEXTS = st.text(max_size=4) | st.sampled_from(
    ["\\N", "a\\N", "\\Na", "\\", "\t", "\n", "\r", "\0", "\udcff", "甲"]
)


class Sent:
    """Takes what is sent to a COPY."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        """Take a piece."""
        self.data += data


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


@given(st.lists(st.tuples(st.booleans(), TEXTS, TEXTS), max_size=5))
@example([(True, "\r", "甲")])
@example([(True, "\\N", "\\N"), (True, "a\\N", "\\Na")])
def test_rows_reach_the_stage_as_if_each_was_escaped_and_what_is_no_text_the_report(
    drawn: list[tuple[bool, str, str]],
) -> None:
    found: list[Taken] = [(*texts,) if good else [Fault("", "x", "怪")] for good, *texts in drawn]
    sent = Sent()
    batch = Batch(Stage(TASK, {"id": "text", "name": "text"}, {}, frozenset()), cast(psycopg.Copy, sent))
    batch.take([(line, [""]) for line in range(len(found))], found)
    lines = [copy_line((str(at), *one)) for at, one in enumerate(found) if isinstance(one, tuple)]
    good = [line for line in lines if is_text(line)]
    assert sent.data.decode() == "".join(good)
    assert (batch.rows, len(batch.refused)) == (len(found), len(found) - len(good))


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=3), max_size=5)
)
@example([["甲\\", "\t\n\r"], ["\\N", ""]])
def test_lines_of_copy_are_read_as_they_were_written(rows: list[list[str]]) -> None:
    lines = "".join(map(copy_line, rows)).encode()
    assert read_lines(lines) == [["" if text == "\\N" else text for text in row] for row in rows]
