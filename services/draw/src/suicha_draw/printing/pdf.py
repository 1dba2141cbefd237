"""A document as PDF, A4 across. The glyphs it uses are embedded, so it reads the same on every machine."""

from fpdf import FPDF, FontFace
from pylopdf_fonts_zh_cn import sans_path

from suicha_draw.printing.sheet import Sheet, Table

_FONT = "Noto Sans SC"
_GREY = FontFace(fill_color=(238, 238, 238))


class _Page(FPDF):
    """A page with its number at the foot."""

    def footer(self) -> None:
        """Write the number of the page."""
        self.set_y(-12)
        self.set_font(_FONT, size=8)
        self.cell(0, 6, f"{self.page_no()} / {{nb}}", align="C")


def write(sheet: Sheet) -> bytes:
    """Return the document as PDF. Takes about a second: call it in a thread."""
    page = _Page(orientation="landscape", format="A4")
    page.set_title(sheet.title)
    page.set_lang("zh-CN")
    page.add_font(_FONT, fname=str(sans_path()))
    page.set_auto_page_break(auto=True, margin=15)
    page.add_page()
    page.set_font(_FONT, size=16)
    page.multi_cell(0, 10, sheet.title, align="C", new_x="LMARGIN", new_y="NEXT")
    page.set_font(_FONT, size=9)
    for name, value in sheet.facts:
        page.multi_cell(0, 5.5, f"{name}：{value}", align="L", new_x="LMARGIN", new_y="NEXT")
    for table in sheet.tables:
        page.ln(2)
        if table.caption:
            page.set_font(_FONT, size=11)
            page.cell(0, 8, table.caption, new_x="LMARGIN", new_y="NEXT")
        page.set_font(_FONT, size=8)
        _table(page, table)
    page.ln(2)
    for note in sheet.notes:
        page.multi_cell(0, 5, note, align="L", new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _table(page: FPDF, table: Table) -> None:
    with page.table(
        col_widths=tuple(table.weights), headings_style=_GREY, repeat_headings=1, text_align="LEFT",
        line_height=5, padding=1,
    ) as shown:  # fmt: skip
        for line in (table.heads, *table.rows):
            row = shown.row()
            for cell in line:
                row.cell(cell)
