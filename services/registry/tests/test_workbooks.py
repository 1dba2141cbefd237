"""Workbooks of every make are read as they show, and quickly written rows as slowly written ones."""

import zipfile
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suicha_registry.tables.ahead import Ahead
from suicha_registry.tables.sheets import open_sheet
from suicha_registry.tables.workbooks import sheet_rows
from suicha_registry.tables.xml_parts import NoWorkbook

MOMENT = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - a cell of a spreadsheet has no zone
CELLS = (
    '<c r="A{n}" s="1" t="inlineStr"><is><t>洛阳</t></is></c>',
    '<c r="B{n}" t="inlineStr"><is><t xml:space="preserve"> 甲\n_x0041_</t></is></c>',
    '<c r="C{n}"><v>410300</v></c>',
    '<c r="D{n}" t="s"><v>0</v></c>',
    '<c r="E{n}" t="s" s="0"><v>1</v></c>',
    '<c r="F{n}" s="2"/>',
    '<c r="G{n}" t="b"><v>1</v></c>',
    '<c r="H{n}"><v></v></c>',
    '<c r="AA{n}" t="str"><v>式</v></c>',
    # What only the parser understands.
    '<c r="I{n}"><f>1+1</f><v>2.50</v></c>',
    '<c r="J{n}" t="str"><v>甲 &amp; 乙</v></c>',
    '<c t="inlineStr"><is><t>无位置</t></is></c>',
    '<c r="K{n}" t="inlineStr"><is><r><t>富</t></r><r><t>文本</t></r><rPh><t>FU</t></rPh></is></c>',
    "<c r='L{n}'><v>7</v></c>",
    '<c r="M{n}" t="str"><v><![CDATA[</row>]]></v></c>',
    "<!-- </row> --> ",
    '<c r="ABCD{n}"><v>7</v></c>',
    '<c r="N{n}" t="s"><v>9</v></c>',
    '<c r="O{n}"><v>7</c>',
)
ROWS = (
    '<row r="{n}">{cells}</row>',
    '\n<row r="{n}" spans="1:9" ht="15">{cells}</row>',
    "<row>{cells}</row>",
    '<row r="{n}"/>',
    '<!-- </row><row r="{n}">{cells}</row> -->',
)
STRINGS = (
    "<si><t>共享</t></si>",
    '<si><t xml:space="preserve"> 空 _x000D_</t></si>',
    "<si><t/></si>",
    "<si><t>甲 &amp; 乙</t></si>",
    "<si><r><t>洛</t></r><r><t>阳</t></r><rPh><t>LUO</t></rPh></si>",
    "<si><t>甲</t><r><t>乙</t></r></si>",
    "<!-- </si><si><t>前</t></si> --><si><t>后</t></si>",
)


def workbook(path: Path, sheet: str, **parts: str) -> Path:
    """Write a workbook part by part, as foreign programs do."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<x:workbook xmlns:x="{main}" xmlns:r="http://r"><x:sheets><x:sheet name="S" r:id="q"/>'
            "</x:sheets></x:workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="q" Target="/xl/worksheets/one.xml"/></Relationships>',
        )
        archive.writestr("xl/worksheets/one.xml", f'<x:worksheet xmlns:x="{main}">{sheet}</x:worksheet>')
        for name, text in parts.items():
            archive.writestr(f"xl/{name}.xml", text)
    return path


def test_a_workbook_with_prefixes_gaps_rich_text_and_phonetics_is_read_as_it_shows(tmp_path: Path) -> None:
    rich = "<si><r><t>洛</t></r><r><t>阳</t></r><rPh><t>LUO</t></rPh></si>"
    strings = f"<sst>{rich}<si><t>_x0041_ &amp; 乙</t></si></sst>"
    sheet = (
        '<x:sheetData><x:row r="2"><x:c r="A2" t="s"><x:v>0</x:v></x:c><x:c r="C2" t="s"><x:v>1</x:v></x:c></x:row>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>内</x:t></x:is></x:c><x:c><x:v>410300</x:v></x:c>'
        '<x:c><x:f>1+1</x:f><x:v>2.50</x:v></x:c><x:c t="b"><x:v>1</x:v></x:c>'
        '<x:c t="str"><x:v>式</x:v></x:c></x:row><x:row r="9"/></x:sheetData>'
    )
    found = list(sheet_rows(workbook(tmp_path / "a.xlsx", sheet, sharedStrings=strings), Ahead()))
    assert found == [(2, ["洛阳", "", "A & 乙"]), (3, ["内", "410300", "2.50", "是", "式"]), (9, [])]


def test_days_numbers_and_long_codes_of_a_spreadsheet_are_read_as_people_see_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["日期", "时刻", "自定", "整数", "小数", "长码"])
    book.active.append([date(2026, 3, 1), MOMENT, 46082, 410300.0, 0.5, 914103001234567890])
    book.active["C2"].number_format = 'yyyy"年"m"月"d"日"'
    book.save(tmp_path / "b.xlsx")
    with open_sheet(tmp_path / "b.xlsx") as sheet:
        ((line, row),) = list(sheet.rows)
    assert (line, row) == (
        2,
        ["2026-03-01", "2026-03-01", "2026-03-01", "410300", "0.5", "9.141030012345679e+17"],
    )


@pytest.mark.parametrize(
    "sheet",
    [
        "<x:sheetData><x:row>",
        '<x:sheetData><x:row><x:c t="s"><x:v>7</x:v></x:c></x:row></x:sheetData>',
        '<x:sheetData><x:row><x:c r="ABCD1"><x:v>7</x:v></x:c></x:row></x:sheetData>',
        "<x:sheetData><x:row><x:c><x:v>sieben</x:v></x:c></x:row></x:sheetData>",
    ],
)
def test_a_damaged_workbook_is_refused(tmp_path: Path, sheet: str) -> None:
    with pytest.raises(NoWorkbook):
        list(sheet_rows(workbook(tmp_path / "c.xlsx", sheet), Ahead()))


def test_a_workbook_that_defines_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE sst [<!ENTITY a "aaaa">]><sst><si><t>&a;</t></si></sst>'
    with pytest.raises(NoWorkbook, match="document type"):
        list(sheet_rows(workbook(tmp_path / "d.xlsx", "<x:sheetData/>", sharedStrings=bomb), Ahead()))


def read(path: Path) -> list[tuple[int, list[str]]] | str:
    try:
        return list(sheet_rows(path, Ahead()))
    except NoWorkbook:
        return "refused"


def test_rows_passed_over_many_at_once_are_counted_and_those_behind_keep_their_numbers(
    tmp_path: Path,
) -> None:
    cell = '<c t="inlineStr"><is><t>{}</t></is></c></row>'
    body = "".join(f'<row r="{3 * at}">' + cell.format(at) for at in range(1, 8)) + "<row>" + cell.format(8)
    book = workbook(tmp_path / "book.xlsx", f"<sheetData>{body}</sheetData>")
    whole = read(book)
    assert [line for line, _ in whole] == [3, 6, 9, 12, 15, 18, 21, 22]
    for piece in (100, 400, 1 << 18):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("suicha_registry.tables.xml_parts._CHUNK", piece)
            for over in range(9):
                assert list(sheet_rows(book, Ahead(rows=over))) == whole[over:]
            for wanted, _ in whole:
                found = [one for one in sheet_rows(book, Ahead(line=wanted)) if one[0] >= wanted]
                assert found == [one for one in whole if one[0] >= wanted], (piece, wanted)


ALIKE = (
    ('<c r="A{n}" t="inlineStr"><is><t>%s</t></is></c>', ("洛阳", "_x0042_", " 甲 ", "", "甲 &amp; 乙")),
    ('<c r="B{n}"%s</c>', (' s="1"><v>46082</v>', "><v>46082</v>", "><v>0.50</v>", ' s="1"><v></v>')),
    ('<c r="D{n}" t="s"><v>%s</v></c>', ("0", "1")),
    ('<c r="E{n}" s="2"%s', ("/>", "></c>")),
    ('<c r="G{n}" t="b"><v>%s</v></c>', ("1", "0")),
)
"""Cells that programs write alike, and what may stand in them."""


@settings(max_examples=300)
@given(
    made=st.lists(st.sampled_from([cell for cell, _ in ALIKE]), min_size=1, max_size=3, unique=True),
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(0, 4)), min_size=3, max_size=9),
)
def test_rows_that_are_made_alike_are_read_like_any_other(
    tmp_path_factory: pytest.TempPathFactory, made: list[str], rows: list[tuple[int, ...]]
) -> None:
    filled = dict(ALIKE)
    body = "".join(
        f'<row r="{line}">'
        + "".join(
            (cell % filled[cell][at % len(filled[cell])]).replace("{n}", str(line))
            for cell, at in zip(sorted(made), picked, strict=False)
            if picked[1] < 8 or cell != min(made)
        )
        + "</row>"
        for line, picked in enumerate(rows, 1)
    )
    book = workbook(
        tmp_path_factory.mktemp("alike") / "book.xlsx",
        f"<sheetData>{body}</sheetData>",
        sharedStrings="<sst><si><t>零</t></si><si><t>一</t></si></sst>",
        styles='<styleSheet><cellXfs><xf/><xf numFmtId="14"/></cellXfs></styleSheet>',
    )
    quickly = read(book)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("suicha_registry.tables.xml_parts._LONGEST", 0)
        assert quickly == read(book)


@pytest.mark.parametrize("piece", [37, 1 << 18])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(ROWS), st.lists(st.sampled_from(CELLS[:9]) | st.sampled_from(CELLS), max_size=4)
        ),
        max_size=6,
    ),
    strings=st.lists(st.sampled_from(STRINGS), min_size=2, max_size=4),
    end=st.sampled_from(["</sheetData>", "", "</sheetData></row>", "</sheetData><!-- </row> -->"]),
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=4),
)
def test_rows_and_strings_are_the_same_whether_the_parser_gets_them_or_not(
    tmp_path_factory: pytest.TempPathFactory,
    piece: int,
    rows: list[tuple[str, list[str]]],
    strings: list[str],
    end: str,
    steps: list[tuple[int, int]],
) -> None:
    folder = tmp_path_factory.mktemp("books")
    body = "".join(
        row.replace("{cells}", "".join(cells)).replace("{n}", str(3 * at))
        for at, (row, cells) in enumerate(rows, 1)
    )
    book = workbook(
        folder / "book.xlsx",
        f"<sheetData>{body}{end}",
        sharedStrings=f"<sst>{''.join(strings)}</sst>",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("suicha_registry.tables.xml_parts._CHUNK", piece)
        quickly = read(book)
        patch.setattr("suicha_registry.tables.xml_parts._LONGEST", 0)  # the parser gets all
        assert quickly == read(book)
    if quickly == "refused":
        return
    for chunk, longest in ((piece, 4 << 20), (piece, 0)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("suicha_registry.tables.xml_parts._CHUNK", chunk)
            patch.setattr("suicha_registry.tables.xml_parts._LONGEST", longest)
            ahead, at = Ahead(), 0
            left = sheet_rows(book, ahead)
            for over, wanted in steps:
                ahead.rows, at = over, at + over
                assert list(islice(left, wanted)) == quickly[at : at + wanted], (steps, longest)
                at += wanted
