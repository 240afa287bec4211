"""Which variables move together: components of a vector, or quantities that one flow carries.

One motion of several variables is found from all of them: where one is flat, another has a slope. It is
stored once. Whether it is as good as a motion of each variable's own is rehearsed; see
:mod:`stsr_core.fields.motion.rehearsal`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.interpolation.gaps import filled
from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.rehearsal import Rehearsal, coarse_flow, flat
from stsr_core.fields.motion.variable import MovingVariable

#: How much larger the mean square error by a common motion may be than by a variable's own: 0.09 dB.
_AS_GOOD = 1.02


def alike(domain: Domain) -> list[list[int]]:
    """Numbers of the variables that have all nodes and times in common, at least two of each kind."""
    groups: dict[object, list[int]] = {}
    for i, variable in enumerate(domain):
        groups.setdefault((variable.grid, variable.full_grid, variable.times), []).append(i)
    return [group for group in groups.values() if len(group) > 1 and len(domain[group[0]].times) > 1]


def sharers(
    rehearsals: Mapping[int, Rehearsal],
    *,
    scale: int,
    periodic: Periodic,
    should_abort: Callable[[], bool],
) -> list[list[int]]:
    """Groups of variables, each at least two, whose common motion carries every one as well as its own does.

    Of all of a group those that lose most by it leave, a quarter of the losers at a time, until none loses;
    then those that left are asked again.

    Parameters
    ----------
    rehearsals : mapping of int to Rehearsal
        By number of the variable; nodes and times in common.
    scale, periodic
        As for the field itself.
    should_abort : callable
        Asked after each comparison; True ends with the groups found so far.
    """

    def errors(members: Sequence[int]) -> list[float]:
        together = [rehearsals[i] for i in members]
        flow = coarse_flow(together, periodic=periodic, should_abort=should_abort)
        return [_error(rehearsal, flow, scale, periodic) for rehearsal in together]

    own = {}
    for i in rehearsals:
        own[i] = errors([i])[0]
        if should_abort():
            return []
    groups, rest = [], list(rehearsals)
    while len(rest) > 1 and not should_abort():
        members = rest
        while len(members) > 1:
            excess = {i: e - _AS_GOOD * own[i] for i, e in zip(members, errors(members), strict=True)}
            losers = sorted((i for i in members if excess[i] > 0), key=lambda i: excess[i] / (own[i] or 1.0))
            if not losers:
                groups.append(members)
                break
            leaving = losers[-max(1, len(losers) // 4) :]
            members = [i for i in members if i not in leaving]
        rest = [i for i in rest if i not in members]
    return groups


def _error(rehearsal: Rehearsal, flow: torch.Tensor, scale: int, periodic: Periodic) -> float:
    """Mean square error of motion between two frames, on known nodes of frames left out."""
    moving = MovingVariable(rehearsal.variable, filled(rehearsal.frames), flow, scale, periodic)
    two_frames = (0.0, 0.0, 1.0, 0.0)
    found = flat(moving.mixed(nodes, two_frames) - truth for nodes, truth in rehearsal.on_nodes())
    return float((found[found == found] ** 2).mean())
