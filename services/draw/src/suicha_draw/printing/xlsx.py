"""A document as a spreadsheet: one sheet, landscape, repeated heads, ready for the printer."""

import io

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from suicha_draw.printing.sheet import Sheet

_LINE = Side(style="thin", color="808080")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_WRAPPED = Alignment(wrap_text=True, vertical="center")
_GREY = PatternFill("solid", fgColor="EEEEEE")
_WIDTH = 150
"""Characters across the page."""


def write(sheet: Sheet) -> bytes:
    """Return the document as XLSX. Text stays text: a cell that begins with `=` is no formula.

    Control characters, which no cell can hold, are left out.
    """
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "表"
    columns = max(len(table.heads) for table in sheet.tables)
    page.append([_plain(sheet.title)])
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=columns)
    page.cell(1, 1).font = Font(size=16, bold=True)
    page.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    for name, value in sheet.facts:
        page.append([_plain(f"{name}：{value}")])
        page.merge_cells(start_row=page.max_row, start_column=1, end_row=page.max_row, end_column=columns)
        page.cell(page.max_row, 1).alignment = _WRAPPED
    for table in sheet.tables:
        if table.caption:
            page.append([_plain(table.caption)])
            page.cell(page.max_row, 1).font = Font(bold=True)
        for at, row in enumerate((table.heads, *table.rows)):
            line = page.max_row + 1
            for column, text in enumerate(row, start=1):
                cell = page.cell(line, column)
                cell.value, cell.data_type = _plain(text), "s"
                cell.border, cell.alignment = _BOX, _WRAPPED
                if at == 0:
                    cell.font, cell.fill = Font(bold=True), _GREY
    weights = max((table.weights for table in sheet.tables), key=len)
    for column, weight in enumerate(weights, start=1):
        page.column_dimensions[get_column_letter(column)].width = max(6, _WIDTH * weight // sum(weights))
    for note in sheet.notes:
        page.append([_plain(note)])
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _plain(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text)
