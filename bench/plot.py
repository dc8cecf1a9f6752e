"""The rates as a plot: a bar for each system at each measure, with its lowest and highest round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from bench.results import Summary

WIDTH, LEFT, RIGHT = 860, 205, 140
BAR, GAP, HEADING = 14, 10, 46
COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd")
STYLE = "text{font:12px sans-serif;fill:#222}.title{font-size:14px;font-weight:bold}.value{font-size:11px}"


def plot(summaries: Sequence[Summary], titles: Mapping[str, str]) -> str:
    """An SVG document. Bars of a suite share a scale."""
    body: list[str] = []
    top = 10.0
    for suite, title in titles.items():
        of_suite = [one for one in summaries if one.cell.suite == suite]
        if of_suite:
            panel, top = _panel(title, of_suite, top)
            body += panel
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}" width="{WIDTH}">',
            f"<style>{STYLE}</style>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            *body,
            "</svg>\n",
        ]
    )


def _panel(title: str, summaries: Sequence[Summary], top: float) -> tuple[list[str], float]:
    """The elements of a suite, and where the next may begin."""
    systems = list(dict.fromkeys(one.cell.system for one in summaries))
    colors = {system: COLORS[index % len(COLORS)] for index, system in enumerate(systems)}
    scale = (WIDTH - LEFT - RIGHT) / max(one.rate.high for one in summaries)
    body = [_text(10, top + 16, f"{title}: requests a second", "title")]
    left = 10.0
    for system, color in colors.items():
        body += [f'<rect x="{left}" y="{top + 24}" width="10" height="10" fill="{color}"/>']
        body += [_text(left + 15, top + 33, system)]
        left += 30 + 7 * len(system)
    top += HEADING
    for heading, group in groupby(summaries, key=_heading):
        bars = list(group)
        middle = top + BAR * len(bars) / 2
        body += [_text(LEFT - 10, middle + 4, heading, anchor="end")]
        for one in bars:
            body += _bar(one, top, scale, colors[one.cell.system])
            top += BAR
        top += GAP
    return body, top + GAP


def _bar(one: Summary, top: float, scale: float, color: str) -> Iterator[str]:
    rate = one.rate
    low, high, middle = LEFT + rate.low * scale, LEFT + rate.high * scale, top + BAR / 2
    width = rate.median * scale
    yield f'<rect x="{LEFT}" y="{top + 1:.1f}" width="{width:.1f}" height="{BAR - 2}" fill="{color}"/>'
    yield f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}" stroke="#222"/>'
    ratio = f" ({one.ratio.median:.2f} ×)" if one.ratio else ""
    yield _text(high + 6, middle + 4, f"{rate.median:,.0f}{ratio}", "value")


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'


def _heading(one: Summary) -> str:
    return f"{one.cell.measure}, {one.cell.in_flight} in flight"
