"""A model → a baked one: its steps on one grid, shown without the cost of the model itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stsr_core import scratch
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.baked import Baked
from stsr_core.fields.base import Field
from stsr_core.grid import Grid, refined_count
from stsr_core.inference.device import resolve_device
from stsr_core.inference.evaluate import fill
from stsr_core.inference.latent import interpolated
from stsr_core.inference.tiles import default_tile
from stsr_core.interrupts import Stopped
from stsr_core.kept import evenly
from stsr_core.model import checkpoint
from stsr_core.model.provenance import versions
from stsr_core.request.blend import BlendChoice
from stsr_core.request.output_times import TimeChoice, TimeMode
from stsr_core.threads import bounded_threads
from stsr_core.training.beginning import checked_output
from stsr_core.training.session import decibels
from stsr_core.words import names_of

#: Gaps between steps in whose middle the error is measured, at most.
_MEASURED = 8
#: Part of the time of a variable that the search for motion takes, as far as it is known beforehand.
_MOTION = 0.25

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class _Source:
    """What is baked as one variable: a latent vector of the model, and where and when."""

    domain: VariableDomain  # of the model
    latent: torch.Tensor
    baked: VariableDomain


@bounded_threads()
def bake(
    model: str | Path,
    output: str | Path,
    *,
    times: Sequence[float] | np.ndarray | None = None,
    time_factor: float | None = None,
    factor: float | Sequence[float] | None = None,
    grid: Grid | None = None,
    variables: str | Sequence[str] | None = None,
    blend: str | Mapping[str, float] | None = None,
    interpolation: str = "linear",
    device: str = "auto",
    overwrite: bool = False,
    made_by: dict[str, Any] | None = None,
    on_progress: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Baked:
    """Sample a model at chosen steps on one grid, find the motion between them, and write a model of that.

    Whatever the model is, the baked one costs a reading of frames. It is sampled once more half-way between
    steps: the methods of :class:`~stsr_core.fields.motion.field.Motion` are mixed as comes nearest to that,
    and what they still miss is told in the file, under ``baked_of`` in the last entry of its history: PSNR
    by variable (normalised values, data range 2, dB; None of a single step).

    Parameters
    ----------
    model : path
        Model file of any field.
    output : path
        Model file of kind ``baked``, written when all is done.
    times : sequence of float, optional
        The steps: physical times within the trained range, strictly increasing. By default all times that
        the model's samples were kept from.
    time_factor : float, optional
        > 0: each interval of the kept times is split into so many, in place of ``times``.
    factor : float or three floats (z, y, x), optional
        > 0: each interval of the kept nodes is split into so many. By default the nodes are all those that
        the kept ones were taken from.
    grid : Grid, optional
        Nodes of any number and place, in place of ``factor``. An axis that closes on itself is an open one
        of the baked model, unless the nodes go round once.
    variables : str or sequence of str, optional
        By default all of the model.
    blend : str or mapping of str to float, optional
        Members and their weights: baked as one variable ``interpolated``. As text, "run01=0.5, run02=0.5".
    interpolation : {"linear", "spherical"}
        Of the latent vectors of a blend.
    device : str
    overwrite : bool
        Replace an existing ``output``.
    made_by : dict, optional
        As of :func:`stsr_core.fit`.
    on_progress : callable, optional
        Called with the fraction done and a text.
    should_stop : callable, optional
        Asked before every tile, and while motion is looked for.

    Returns
    -------
    Baked

    Raises
    ------
    ValueError, FileExistsError
        On bad choices, before anything is computed.
    MemoryError, OSError
        If the steps fit neither in the memory nor on the disk.
    stsr_core.interrupts.Stopped
        After True of ``should_stop``; nothing is written.
    """
    path = Path(output)
    checked_output(path, overwrite)
    header = checkpoint.read_header(model)
    if path.exists() and path.samefile(model):
        raise ValueError(f"the baked model needs a file of its own, got {path} for it and for its model")
    if times is not None and time_factor is not None:
        raise ValueError("at most one of times, time_factor can be chosen, got both")
    if factor is not None and grid is not None:
        raise ValueError("at most one of factor, grid can be chosen, got both")
    if variables is not None and blend is not None:
        raise ValueError("at most one of variables, blend can be chosen, got both")
    where = resolve_device(device)
    periodic = header.configuration.get("periodic", "")
    if grid is not None:
        periodic = _going_round(periodic, grid, header.domain[0].full_grid)

    steps = TimeChoice(TimeMode.ORIGINAL, 1.0)
    if times is not None:
        steps = TimeChoice(times=tuple(float(t) for t in times))
    elif time_factor is not None:
        steps = TimeChoice(TimeMode.KEPT, time_factor)

    def place(name: str) -> VariableDomain:
        domain = header.domain.variable(name)
        nodes = grid or (domain.full_grid if factor is None else _refined(domain.grid, factor, periodic))
        chosen = _within(domain, steps.resolve([domain]))
        return replace(domain, grid=nodes, full_grid=nodes, times=chosen, full_times=chosen)

    # All that can be wrong is said before the model is loaded.
    weights: dict[str, float] = {}
    if blend is not None:
        choice = BlendChoice.of_weights(blend, interpolation)
        members = choice.members(header.domain.names, ())
        weights = dict(choice.shares(members, 0.0).weights)
        names = members[:1]
    else:
        names = names_of(variables) or header.domain.names
    places = [place(name) for name in names]
    field: Any = checkpoint.load(model, where)
    sources = [_Source(field.domain.variable(p.name), field.latent(p.name), p) for p in places]
    if weights:
        latent, normalization = interpolated(field, weights, interpolation)
        mixed = replace(places[0], name="interpolated", normalization=normalization)
        sources = [_Source(sources[0].domain, latent, mixed)]

    started = time.monotonic()
    found = Baked(Domain(source.baked for source in sources), periodic=periodic).to(where)
    psnr = {}
    for i, source in enumerate(sources):

        def tell(fraction: float, text: str, i: int = i, name: str = source.baked.name) -> None:
            if on_progress is not None:
                on_progress((i + fraction) / len(sources), f"{name}: {text}")

        psnr[source.baked.name] = _take(found, i, field, source, tell, should_stop or (lambda: False))
    of = {"kind": header.kind, "psnr": psnr, "seconds": time.monotonic() - started}
    run = {"baked_of": of, "versions": versions(), **({"made_by": made_by} if made_by else {})}
    checkpoint.save(
        path,
        replace(
            header,
            kind=found.kind,
            configuration=found.configuration(),
            domain=found.domain,
            history=[*header.history, run],
            training=None,
        ),
        found,
    )
    return found.eval()


def _take(
    baked: Baked,
    index: int,
    field: Field,
    source: _Source,
    tell: Report,
    should_stop: Callable[[], bool],
) -> float | None:
    """Sample one variable, give it to the baked field, and measure; PSNR in dB, None of a single step."""
    times = np.asarray(source.baked.times)
    gaps = evenly(len(times) - 1, _MEASURED)
    middles = (times[gaps] + times[gaps + 1]) / 2
    n = len(times) + len(middles)
    moving = _MOTION if len(middles) else 0.0

    def sampled(wanted: np.ndarray, before: float, share: float, what: str) -> Iterator[torch.Tensor]:
        for k in range(len(wanted)):

            def report(part: float, k: int = k) -> None:
                text = f"{what} {k + 1} of {len(wanted)}"
                tell(before + share * (k + part) / len(wanted), text)

            yield _sampled(field, source, wanted[k : k + 1], report, should_stop)

    begun, done = (1 - moving) * len(times) / n, moving + (1 - moving) * len(times) / n
    steps = scratch.empty((len(times), *source.baked.grid.shape), device=source.latent.device)
    for out, step in zip(steps, sampled(times, 0.0, begun, "step"), strict=True):
        out.copy_(step)
    baked.take(index, steps, lambda part: tell(begun + moving * part, "following what moves"), should_stop)
    if should_stop():
        raise Stopped
    if not len(middles):
        return None
    del steps
    positions = source.baked.normalized_axes(source.baked.grid, middles)[0].tolist()
    truth = sampled(middles, done, 1 - done, "measuring between steps,")
    return decibels(baked.weigh(index, positions, truth))


def _sampled(
    field: Field,
    source: _Source,
    times: np.ndarray,
    on_progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> torch.Tensor:
    """The normalised values (Z, Y, X) of one time on the nodes to be baked."""
    device = source.latent.device
    out = np.empty((1, *source.baked.grid.shape), np.float32)
    with torch.inference_mode():
        sampler = field.sampler(source.latent, source.domain.name)
    fill(
        out,
        sampler,
        lambda values: values.cpu().numpy(),
        source.domain.normalized_axes(source.baked.grid, times),
        device,
        tile=default_tile(field, device, out.size),
        on_progress=on_progress,
        should_abort=should_stop,
    )
    return torch.from_numpy(out[0]).to(device)


def _within(domain: VariableDomain, times: np.ndarray) -> tuple[float, ...]:
    """The times, if a variable was trained on all of them."""
    shown, warning = domain.shown_times(times)
    if warning:
        raise ValueError(f"{domain.name}: the steps to bake must lie in the trained range, got: {warning}")
    return tuple(shown.tolist())


def _going_round(periodic: str, grid: Grid, whole: Grid) -> str:
    """The axes among ``periodic`` whose period the nodes of ``grid`` span as those of ``whole`` do."""
    return "".join(
        axis
        for i, axis in enumerate("zyx")
        if axis in periodic
        and math.isclose(grid.shape[i] * grid.spacing[i], whole.shape[i] * whole.spacing[i], rel_tol=1e-6)
    )


def _refined(grid: Grid, factor: float | Sequence[float], periodic: str) -> Grid:
    """Each interval split into ``factor``, on axes that close on themselves that to the first node, too."""
    finer = grid.refined(factor)
    factors = np.broadcast_to(np.asarray(factor, float), 3)
    for i, axis in enumerate("zyx"):
        n = grid.shape[i]
        if axis in periodic and n > 1:
            count = refined_count(n + 1, float(factors[i])) - 1
            shape, spacing = list(finer.shape), list(finer.spacing)
            shape[i], spacing[i] = count, grid.spacing[i] * n / count
            finer = Grid(tuple(shape), finer.origin, tuple(spacing), finer.direction)  # type: ignore[arg-type]
    return finer
