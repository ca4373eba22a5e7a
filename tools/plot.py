"""Draws the figures of `python -m bench cost --json` as an SVG for the docs.

    python -m bench cost --json | python -m tools.plot > docs/explanation/cost.svg

Both scales are logarithmic: a straight line rising by one for one means that the work costs as
much per contact as ever; a flat line, that it does not depend on how many contacts there are.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 20, 50
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b")

Point = tuple[float, float]


def scale(low: float, high: float, start: float, end: float, value: float) -> float:
    """Where a value lies between two ends on a logarithmic scale."""
    share = (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low))
    return start + share * (end - start)


def draw(series: dict[str, list[Point]]) -> str:
    """The whole picture. ``series``: name → (contacts, seconds)."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    low, high = 10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))

    def place(x: float, y: float) -> Point:
        return (
            scale(min(xs), max(xs), LEFT, WIDTH - RIGHT, x),
            scale(low, high, HEIGHT - BOTTOM, TOP, y),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12" role="img">',
        "<title>Seconds of work against the number of contacts</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_grid(sorted(set(xs)), low, high, place(min(xs), low), place(max(xs), high)),
    ]
    labels: list[float] = []
    for number, (name, points) in enumerate(sorted(series.items(), key=lambda s: -s[1][-1][1])):
        colour = COLOURS[number % len(COLOURS)]
        at = [place(x, y) for x, y in sorted(points)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
        lower = max(at[-1][1], labels[-1] + 15) if labels else at[-1][1]
        labels.append(lower)
        parts.append(f'<text x="{at[-1][0] + 8:.1f}" y="{lower + 4:.1f}" fill="{colour}">')
        parts.append(f"{name}: {points[-1][1]:.3g} s</text>")
    return "\n".join([*parts, "</svg>", ""])


def _grid(xs: list[float], low: float, high: float, start: Point, end: Point) -> list[str]:
    out = []
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        y = scale(low, high, start[1], end[1], 10**power)
        out.append(f'<path d="M{start[0]} {y:.1f}H{end[0]}" stroke="#ddd"/>')
        out.append(f'<text x="{start[0] - 8}" y="{y + 4:.1f}" text-anchor="end">')
        out.append(f"{10**power:g} s</text>")
    for value in xs:
        x = scale(xs[0], xs[-1], start[0], end[0], value)
        out.append(f'<path d="M{x:.1f} {start[1]}V{end[1]}" stroke="#ddd"/>')
        out.append(f'<text x="{x:.1f}" y="{start[1] + 18}" text-anchor="middle">')
        out.append(f"{value / 1e6:g} M</text>")
    middle = (start[0] + end[0]) / 2
    out.append(f'<text x="{middle}" y="{start[1] + 38}" text-anchor="middle">contacts</text>')
    return out


def main() -> int:
    """Read JSON lines, write the picture."""
    series: dict[str, list[Point]] = defaultdict(list)
    for line in sys.stdin:
        row = json.loads(line)
        series[row["name"]].append((row["contacts"], row["figure"]))
    sys.stdout.write(draw(series))
    return 0


if __name__ == "__main__":
    sys.exit(main())
