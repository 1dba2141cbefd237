"""Templates to fill in: the headers of a register, how to fill each in, and what may be chosen."""

import io
from collections.abc import Sequence

from suicha_registry.tables.columns import Column
from suicha_registry.tables.writing import csv_lines, csv_start

_CHOSEN_TO = 10_000
"""Rows in which a spreadsheet offers the allowed words."""
_EXPLANATIONS = ("列名", "必填", "填写说明", "可选值", "示例", "也可写作")
_NEEDED = "FFE699"
"""The colour behind the headers of columns that must be filled in."""


def csv_template(columns: Sequence[Column]) -> bytes:
    """Return the header alone."""
    return csv_start() + csv_lines([[column.title for column in _filled_in(columns)]])


def _filled_in(columns: Sequence[Column]) -> list[Column]:
    """Return the columns of an empty table: what an export of it would write, and one place for each value."""
    return [column for column in columns if not (column.told or column.folded)]


def explained(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    """Return what there is to know of each column: header, needed, how to fill in, words, example, synonyms."""
    return [
        (
            column.title,
            "是" if column.needed else "",
            column.says,
            "、".join(column.words),
            column.example,
            "、".join(column.synonyms),
        )
        for column in columns
        if not column.told
    ]


def xlsx_template(title: str, columns: Sequence[Column]) -> bytes:
    """Return a workbook: the first sheet to fill in, with lists to choose from; the second explains it."""
    # A third of a second to import: the first template waits for it, no start does.
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for index, column in enumerate(_filled_in(columns), start=1):
        cell = sheet.cell(1, index, column.title)
        cell.font = Font(bold=True)
        if column.needed:
            cell.fill = PatternFill("solid", fgColor=_NEEDED)
        if column.says or column.example:
            cell.comment = Comment(f"{column.says}\n例：{column.example}".strip(), "随查")
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = max(14, 2 * len(column.title) + 4)
        sheet.column_dimensions[letter].number_format = "@"
        if column.words:
            choice = DataValidation("list", formula1=f'"{",".join(column.words)}"', allow_blank=True)
            choice.add(f"{letter}2:{letter}{_CHOSEN_TO}")
            sheet.add_data_validation(choice)
    sheet.freeze_panes = "A2"
    told = book.create_sheet("填写说明")
    told.append(_EXPLANATIONS)
    for row in explained(columns):
        told.append(row)
    for cell in told[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDEF", (22, 6, 50, 50, 40, 50), strict=True):
        told.column_dimensions[letter].width = width
    for line in told.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
