"""Tables: what an export writes is what an import reads, whatever it says; headers; workbooks of every make."""

import io
import re
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.values import percent as percent_text
from suicha_registry.experts.schemas import ExpertKind, ExpertState
from suicha_registry.forms.derive import QUESTION_TYPES as KNOWN_TYPES
from suicha_registry.inspectors.schemas import InspectorState
from suicha_registry.items.schemas import EnforcementKind, ItemCategory, ListKind
from suicha_registry.organisations.schemas import GroupRole
from suicha_registry.tables import registers, words
from suicha_registry.tables.cells import day_of, guarded, guarded_row, is_scientific, meanings, meant, percent
from suicha_registry.tables.columns import Column, Standing, layout_of, normal
from suicha_registry.tables.sheets import UnreadableSheet, open_sheet
from suicha_registry.tables.templates import explained
from suicha_registry.tables.writing import CsvWriter, XlsxWriter

ROOT = Path(__file__).parents[3]
KINDS = {
    "subjects": registers.SUBJECTS,
    "organisations": registers.ORGANISATIONS,
    "items": registers.ITEMS,
    "inspectors": registers.INSPECTORS,
    "experts": registers.EXPERTS,
    "forms": registers.FORMS,
}
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
STORABLE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    max_size=20,
)


@given(TEXTS | st.text(st.sampled_from("甲=+-'无N/A \t\u3000\x85"), max_size=3))
def test_a_guarded_cell_means_what_it_was_and_never_begins_a_formula(text: str) -> None:
    (cell,) = guarded_row([text])
    assert cell == guarded(text)
    assert meant(cell) == ("" if text == "\\N" else text)
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")


@given(st.lists(TEXTS | st.text(st.sampled_from("甲='无N/A \\\t\u3000"), max_size=3)))
def test_a_column_of_cells_means_what_each_of_them_means(cells: list[str]) -> None:
    assert meanings(cells) == [meant(cell) for cell in cells]


@given(
    text=st.text(st.sampled_from('ab,"\n\r'), max_size=60),
    steps=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), max_size=6),
)
def test_whoever_passes_over_rows_of_a_csv_finds_the_same_rows_behind_them(
    tmp_path_factory: pytest.TempPathFactory, text: str, steps: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes(b"head\n" + text.encode())
    with open_sheet(path) as sheet:
        rows = list(sheet.rows)
    at = 0
    with open_sheet(path) as sheet:
        for over, wanted in steps:
            sheet.ahead.rows, at = over, at + over
            assert list(islice(sheet.rows, wanted)) == rows[at : at + wanted]
            at += wanted
    with open_sheet(path) as sheet:
        for over, _ in steps:
            wanted_line = sheet.ahead.line = sheet.ahead.line + over
            found = next((row for row in sheet.rows if row[0] >= wanted_line), None)
            assert found == next((row for row in rows if row[0] >= wanted_line), None)
            sheet.ahead.line = found[0] + 1 if found else wanted_line


@given(st.lists(st.lists(STORABLE, min_size=3, max_size=3), max_size=5))
@pytest.mark.parametrize("writer", [CsvWriter, XlsxWriter])
def test_a_written_table_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, writer: type[CsvWriter | XlsxWriter], rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "table"
    made = writer(["甲", "乙", "丙"])
    path.write_bytes(made.rows(rows[:2]) + made.rows(rows[2:]) + made.end())
    with open_sheet(path) as sheet:
        found = [[meant(cell) for cell in row or []] for _, row in sheet.rows if row != []]
    kept = [row for row in rows if any(row) or writer is CsvWriter]
    assert sheet.header == ["甲", "乙", "丙"]
    assert found == [["" if cell == "\\N" else cell for cell in row] for row in kept]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026/3/1", date(2026, 3, 1)),
        ("2026.3.1", date(2026, 3, 1)),
        ("20260301", date(2026, 3, 1)),
        ("2026年3月1日", date(2026, 3, 1)),
        (" 2026-03-01 00:00:00", date(2026, 3, 1)),
        ("2026-03-01T08:00:00", date(2026, 3, 1)),
        ("2026-02-30", None),
        ("26-03-01", None),
        ("2026-03", None),
        ("3/1/2026", None),
        ("长期", None),
        ("", None),
    ],
)
def test_days_are_read_as_people_write_them(text: str, day: date | None) -> None:
    assert day_of(text) == day


@given(st.text(max_size=20))
def test_no_text_makes_the_reading_of_a_day_or_a_share_fail(text: str) -> None:
    assert day_of(text) is None or isinstance(day_of(text), date)
    assert percent(text) is None or 0 <= (percent(text) or 0) <= 10_000


@given(st.integers(0, 10_000))
def test_a_share_in_basis_points_is_written_in_percent_and_read_again(bp: int) -> None:
    assert percent(percent_text(bp)) == bp


@pytest.mark.parametrize(
    ("text", "bp"),
    [("12.5%", 1250), ("5", 500), ("0.05％", 5), ("100.01%", None), ("1.234%", None), ("x", None)],
)
def test_a_share_has_at_most_two_decimals_and_is_no_more_than_all(text: str, bp: int | None) -> None:
    assert percent(text) == bp


def test_a_long_number_that_a_spreadsheet_spoilt_is_recognised() -> None:
    assert is_scientific("9.1410300E+17") and is_scientific("9e+17")
    assert not is_scientific("91410300MA3X93BJ5X") and not is_scientific("E+17")


def test_cells_of_old_systems_mean_what_they_show() -> None:
    assert [meant(cell) for cell in ('="914103"', "'0123", " x ", "N/A", "—", "'无", '="')] == [
        "914103", "0123", "x", "", "", "无", '="',
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_header_means_two_things_in_one_register(kind: str) -> None:
    titles = [normal(title) for column in KINDS[kind] for title in column.titles]
    assert len(set(titles)) == len(titles)
    assert all(not set(column.titles) & set(registers.REPORT_TITLES) for column in KINDS[kind])


@given(st.sampled_from(list(KINDS.values())), st.randoms(), st.data())
def test_headers_are_found_in_any_order_by_any_synonym_with_any_noise(
    columns: Sequence[Column], random: object, data: st.DataObject
) -> None:
    order = data.draw(st.permutations([column for column in columns if not column.told]))
    header = []
    for column in order:
        title = data.draw(st.sampled_from(column.titles))
        wide = title.replace("(", "（").replace(")", "）")
        header.append(
            data.draw(st.sampled_from([title, f" {title}", f"* {title}", f"\ufeff{wide}", title.upper()]))
        )
    layout = layout_of(header, columns)
    assert layout.places == {column.name: index for index, column in enumerate(order)}
    assert {one.standing for one in layout.placed} == {Standing.READ} and not layout.missing


@given(st.lists(st.text(max_size=8), max_size=12))
def test_no_header_whatever_it_says_makes_the_matching_fail(header: list[str]) -> None:
    layout = layout_of(header, registers.SUBJECTS)
    assert len(layout.placed) == len(header)
    assert sorted(layout.places.values()) == sorted(set(layout.places.values()))


def test_every_code_has_a_word_and_no_word_means_two_codes() -> None:
    for known, values in (
        (words.CATEGORIES, ItemCategory),
        (words.ENFORCEMENTS, EnforcementKind),
        (words.LISTS, ListKind),
        (words.STATES, InspectorState),
        (words.EXPERT_KINDS, ExpertKind),
        (words.EXPERT_STATES, ExpertState),
        (words.GROUP_ROLES, GroupRole),
        (words.QUESTION_TYPES, KNOWN_TYPES),
    ):
        assert set(known.first) == {str(value) for value in values}
        assert all(known.read(known.write(value)) == value for value in known.first)


def test_the_guide_to_imports_lists_every_column_as_the_code_has_it() -> None:
    guide = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
    for kind, columns in KINDS.items():
        lines = [
            "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in explained(columns)
        ]
        assert "\n".join(lines) in guide, f"docs/imports.md: {kind}"


@pytest.mark.parametrize("data", [b"\xd0\xcf\x11\xe0 old", b"PK\x03\x04 no", b""])
def test_what_is_no_table_says_what_to_do(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "e"
    path.write_bytes(data)
    with pytest.raises(UnreadableSheet, match=r"另存为|XLSX|空"), open_sheet(path):
        pass


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suicha_registry.tables.writing.MOST_ROWS", 3)
    writer = XlsxWriter(["甲"])
    book = openpyxl.load_workbook(io.BytesIO(writer.rows([["1"], ["2"], ["3"]]) + writer.end()))
    assert [[row[0].value for row in sheet.iter_rows()] for sheet in book.worksheets] == [
        ["甲", "1", "2"],
        ["甲", "3"],
    ]
    assert re.fullmatch("名录2?", book.worksheets[1].title)
