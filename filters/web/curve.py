"""A measure over time as a small SVG picture, with the time that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_WIDTH, _HEIGHT = 1000, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 10, 22


def curve(
    values: Mapping[float, float], span: tuple[float, float], now: float, label: str, kept: frozenset[float]
) -> str:
    """The picture, as text.

    Parameters
    ----------
    values : mapping of float to float
        Time → value; what is not known yet is missing.
    span : (float, float)
        First and last time of the axis.
    now : float
        The time shown, a vertical line.
    label : str
        Name and unit of the measure.
    kept : frozenset of float
        Times that the model has seen: filled points; the others are hollow.
    """
    low, high = _limits(list(values.values()))

    def x(time: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (time - span[0]) / ((span[1] - span[0]) or 1.0)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - low) / (high - low)

    points = [(x(time), y(value), time in kept) for time, value in sorted(values.items())]
    lines = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img" '
        f'aria-label="{escape(label)} over time" '
        'style="font: 12px sans-serif" fill="currentColor">'
    ]
    for value in (low, (low + high) / 2, high):
        lines.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
            'stroke="currentColor" stroke-opacity="0.2"/>'
            f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
        )
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b, _ in points)
    lines.append(f'<polyline points="{path}" fill="none" stroke="#1f77b4" stroke-width="1.5"/>')
    for a, b, seen in points:
        fill = "#1f77b4" if seen else "none"
        lines.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{fill}" stroke="#1f77b4"/>')
    lines.append(
        f'<line x1="{x(now):.1f}" x2="{x(now):.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#d62728" '
        'stroke-width="2"/>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{escape(label)}; filled: steps the model has seen</text></svg>'
    )
    return "".join(lines)


def _limits(values: list[float]) -> tuple[float, float]:
    """Least and largest value with some room, a range of 1 at least."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = max(0.05 * (high - low), 0.5 * max(0.0, 1.0 - (high - low)))
    return low - room, high + room
