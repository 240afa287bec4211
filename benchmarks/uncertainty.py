"""How often the truth lies within the 90 % interval, and how wide that is: error bars against the truth.

    python benchmarks/uncertainty.py tornado vortex "run01/*.vti" --gaps 1 3 7

Every 2nd voxel per axis is kept. Over all voxels inside the sampled box that were not kept: the share of them
within the interval, the mean half-width over the RMSE, and the rank correlation of half-width and |error|. No
truth is seen by what makes the intervals. ``--field mixture --minutes 1`` measures those with a network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mixture import SPATIAL_FACTOR, parser_of, series_of
from scipy.stats import spearmanr

import stsr_core as stsr
from stsr_core.inference.beside import evaluate_beside
from stsr_core.kept import step_kinds
from stsr_core.request.extras import Quantity

STEPS = 6  # measured of each series


def main() -> None:
    parser = parser_of(__doc__)
    gaps = "steps left out between two kept"
    parser.add_argument("--gaps", nargs="+", type=int, default=[1, 3, 7], help=gaps)
    parser.add_argument("--field", default="motion", choices=["motion", "mixture"])
    parser.add_argument("--minutes", type=float, default=1.0, help="of the mixture")
    parser.add_argument("--picture", metavar="PNG", help="error and half-width of the last row, one slice")
    options = parser.parse_args()
    length = {"minutes": options.minutes} if options.field == "mixture" else {}
    print("| series | u_t | coverage | half-width / RMSE | rank correlation |\n|---|---|---|---|---|")
    for name in options.series:
        series = series_of(name)
        for gap in options.gaps:
            kept = {"spatial_factor": SPATIAL_FACTOR, "temporal_gap": gap}
            field = stsr.fit(series, field=options.field, **kept, **length)
            for variable in series:
                errors, widths = [], []
                unseen = step_kinds(len(variable.times), gap)[1]
                for i in [unseen[int(j)] for j in np.linspace(0, len(unseen) - 1, STEPS)]:
                    time = variable.times[i]
                    inside = tuple(slice(0, n - (n + 1) % SPATIAL_FACTOR) for n in variable.grid.shape)
                    found = stsr.evaluate(field, variable.grid, [time], variable.name)[0]
                    width = evaluate_beside(field, variable.grid, time, variable.name, Quantity.HALF_WIDTH)
                    if options.picture:
                        _picture(options.picture, variable, time, found, width, variable.step(i))
                    errors.append(np.abs(found - variable.step(i).astype(np.float64))[inside].ravel())
                    widths.append(width[inside].ravel())
                error, half = np.concatenate(errors), np.concatenate(widths)
                some = np.random.default_rng(0).permutation(len(error))[:100_000]
                print(
                    f"| {variable.name} | {gap} | {np.mean(error <= half):.1%} | "
                    f"{np.mean(half) / np.sqrt(np.mean(error**2)):.2f} | "
                    f"{spearmanr(half[some], error[some]).statistic:.2f} |",
                    flush=True,
                )


def _picture(path: str, variable: Any, time: float, found: Any, width: Any, truth: Any) -> None:
    """A slice of the truth, of what the values miss of it, and of the half-width, the latter on one scale."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    middle = truth.shape[1] // 2 + 1  # an odd one: nothing of it was kept
    panels = {
        variable.name: truth[:, middle],
        "|error|": np.abs(found - truth)[:, middle],
        "half-width of the 90 % interval": width[:, middle],
    }
    figure = Figure(figsize=(11, 3.6), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"time {time:g}, not among the kept steps; slice y = {middle}, not among the kept ones")
    highest = float(np.percentile(panels["|error|"], 99.5))
    for axis, (title, values) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        scale = {} if values is panels[variable.name] else {"vmin": 0, "vmax": highest, "cmap": "magma"}
        image = axis.imshow(values, origin="lower", interpolation="nearest", **scale)
        axis.set(title=title, xticks=[], yticks=[])
        figure.colorbar(
            image,
            ax=axis,
            shrink=0.85,
            label=variable.unit or "data units",
            extend="max" if scale else "neither",
        )
    figure.savefig(path)


if __name__ == "__main__":
    main()
