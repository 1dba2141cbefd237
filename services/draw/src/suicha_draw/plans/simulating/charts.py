"""Charts of a simulation as SVG: drawn by pygal, without scripts, in fonts that Chinese desktops have."""

from collections.abc import Sequence
from typing import Any

import pygal
from pygal.style import Style

_FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', SimHei, sans-serif"
_STYLE = Style(
    font_family=_FONT,
    background="transparent",
    plot_background="transparent",
    colors=("#1f5fa8", "#c8662b", "#3c8d5a"),
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=13,
    title_font_size=16,
    value_font_size=11,
)


def bars(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Return a bar chart, one group of bars for each label."""
    return _drawn(pygal.Bar, title, labels, series)


def rows(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Return a chart of horizontal bars, the first label on top."""
    return _drawn(
        pygal.HorizontalBar, title, labels[::-1], [(name, values[::-1]) for name, values in series],
        height=120 + 26 * max(1, len(labels)) * len(series),
    )  # fmt: skip


def _drawn(
    kind: Any,
    title: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    height: int = 320,
) -> str:
    chart = kind(
        title=title, style=_STYLE, js=(), width=760, height=height, disable_xml_declaration=True,
        print_values=True, show_y_guides=True, legend_at_bottom=True, legend_at_bottom_columns=3,
        show_legend=len(series) > 1, value_formatter=lambda value: f"{value:,.0f}", truncate_label=-1,
        no_prefix=True,
    )  # fmt: skip
    chart.add_xml_filter(_still)
    chart.x_labels = list(labels)
    for name, values in series:
        chart.add(name, [round(value, 1) for value in values])
    return str(chart.render(is_unicode=True))


def _still(root: Any) -> Any:
    """Take out pygal's configuration script and its comments: pages forbid scripts, and the same chart is one text."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] == "script":
                parent.remove(child)
    return root
