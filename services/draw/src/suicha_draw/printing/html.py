"""A document as one page without anything from outside, laid out for A4 across. All text is escaped."""

from html import escape

from suicha_draw.printing.sheet import Sheet, Table

_STYLE = """
@page { size: A4 landscape; margin: 15mm 12mm; }
body { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", SimSun, sans-serif;
  color: #1a1a1a; max-width: 1200px; margin: 24px auto; padding: 0 16px; line-height: 1.5; font-size: 14px; }
h1 { font-size: 22px; text-align: center; }
h2 { font-size: 16px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #808080; padding: 6px 8px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; }
.notes { font-size: 12px; color: #555; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 10pt; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  th { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""


def write(sheet: Sheet) -> bytes:
    """Return the document as HTML."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in sheet.facts)
    notes = "".join(f"<p>{escape(note)}</p>" for note in sheet.notes)
    title = escape(sheet.title)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"{f'<dl>{facts}</dl>' if facts else ''}{''.join(_table(table) for table in sheet.tables)}"
        f"{f'<div class=notes>{notes}</div>' if notes else ''}</body></html>"
    ).encode()


def _table(table: Table) -> str:
    total = sum(table.weights)
    columns = "".join(f'<col style="width:{100 * weight // total}%">' for weight in table.weights)
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in table.heads)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    caption = f"<h2>{escape(table.caption)}</h2>" if table.caption else ""
    return (
        f"{caption}<table><colgroup>{columns}</colgroup><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
