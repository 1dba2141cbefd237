"""Gauges as a drawing: one bar each, what is, what is forecast, where the target stands. SVG, no scripts."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from suicha_contracts.values import percent

from suicha_draw.plans.gauges.schemas import Gauge, Gauges

WIDTH, ROW, LEFT, BAR = 960, 92, 24, 912
FONTS = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','SimHei',sans-serif"


def chart(shown: Gauges) -> str:
    """Return the gauges of a body as an SVG document."""
    height = 64 + ROW * len(shown.gauges)
    title = escape(f"{shown.org} {shown.year} 年度抽查指标（规则集 {shown.ruleset_id}）")
    rows = "".join(_row(64 + ROW * at, gauge) for at, gauge in enumerate(shown.gauges))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{title}" font-family="{FONTS}">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="{LEFT}" y="36" font-size="20" font-weight="bold" fill="#1a1a1a">{title}</text>{rows}</svg>'
    )


def _row(top: int, gauge: Gauge) -> str:
    later = gauge.forecast
    full = _full(gauge)
    parts = [
        f'<text x="{LEFT}" y="{top + 16}" font-size="16" fill="#1a1a1a">{escape(_headline(gauge))}</text>',
        f'<rect x="{LEFT}" y="{top + 26}" width="{BAR}" height="18" rx="3" fill="#ececec"/>',
    ]
    if later is not None and later.value_bp is not None:
        parts.append(_bar(top, later.value_bp, full, "#a9c7e8"))
    if gauge.value_bp is not None:
        parts.append(_bar(top, gauge.value_bp, full, "#1f5fa8"))
    if gauge.target_bp is not None:
        x = LEFT + BAR * min(gauge.target_bp, full) // full
        parts.append(
            f'<line x1="{x}" y1="{top + 22}" x2="{x}" y2="{top + 48}" stroke="#b3261e" stroke-width="3"/>'
        )
    words = f"分子：{gauge.numerator_means}；分母：{gauge.denominator_means}"
    if gauge.advice:
        words = f"{gauge.advice}。{words}"
    if gauge.note:
        words = f"{gauge.note}。{words}"
    parts.append(f'<text x="{LEFT}" y="{top + 62}" font-size="12" fill="#555">{escape(words)}</text>')
    return "".join(parts)


def _bar(top: int, bp: int, full: int, colour: str) -> str:
    width = BAR * min(bp, full) // full
    return f'<rect x="{LEFT}" y="{top + 26}" width="{width}" height="18" rx="3" fill="{colour}"/>'


def _full(gauge: Gauge) -> int:
    """The share at the right end: small targets would otherwise be a hair's breadth."""
    later = gauge.forecast.value_bp if gauge.forecast else None
    highest = max(gauge.value_bp or 0, later or 0, gauge.target_bp or 0)
    return next((end for end in (1_000, 2_500, 5_000) if highest <= end), 10_000)


def _headline(gauge: Gauge) -> str:
    now = "—" if gauge.value_bp is None else percent(gauge.value_bp)
    parts: Sequence[str] = [f"{gauge.name}：{now}（{gauge.numerator}/{gauge.denominator}）"]
    if gauge.forecast is not None and gauge.forecast.value_bp is not None:
        parts = [*parts, f"年末预计 {percent(gauge.forecast.value_bp)}"]
    if gauge.target_bp is not None:
        parts = [*parts, f"目标 {percent(gauge.target_bp)}（“{gauge.clause}”）"]
    return "，".join(parts)
