"""``stsr compare``: a prediction and its ground truth, two series → a table of measures."""

from __future__ import annotations

import argparse
import math
import sys
from typing import Any

from stsr_core.cli.sources import EPILOG_SOURCES, add_source_arguments, grouped, read_each
from stsr_core.cli.terminal import ProgressLine

DESCRIPTION = """\
Measure a prediction against its ground truth, two series, at every time that both have: the table of the
filter Compare to GT, without ParaView. Other times and other grids are never compared; what is left out is
said.
"""

EPILOG = f"""\
{EPILOG_SOURCES}
table:
  one row per variable: means over all steps and, with --model, over the steps it was trained on (kept) and
  the others (unseen). PSNR, NRMSE and SSIM have the range of each true step, the global PSNR that of the
  whole series; CD is the chamfer distance of isosurfaces in voxels and needs the package vtk; the largest
  error is that of all steps. With --cells a second table tells the overlap of the cells (DSC), the mean of
  (sphericity of truth - sphericity)^2 (BSA), and sphericity, volume and surface, of smoothed masks, beside
  those of the truth; it needs the package vtk, and --table has the curves over time. A dash stands for what
  is not defined, and a sentence below says why.

examples:
  stsr compare out.pvd "full/*.vti" --model vf.stsr
  stsr compare out.h5 full.pvd --variable p --table measures.csv
  stsr compare out.ome.tif "truth/t*.tif" --cells all --table cells.csv
  stsr compare run01.h5:/p full.pvd --name p --name p --isovalue 0.5
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "compare",
        usage="stsr compare PREDICTION TRUTH [options]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source_arguments(parser)
    parser.add_argument(
        "--model", metavar="MODEL", help="model file (.stsr) whose kept steps are told from the unseen ones"
    )
    parser.add_argument(
        "--isovalue",
        type=float,
        metavar="V",
        help="of the chamfer distance (default: the one that parts the values of the truth best)",
    )
    parser.add_argument(
        "--cells",
        choices=("largest", "all"),
        help="measure cells as well: the largest part, or all, above Otsu's threshold of each true step",
    )
    parser.add_argument(
        "--table",
        metavar="FILE",
        help="write .csv, one row per variable and step, or .json, that and the means",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, print the table, and write it where that is wanted."""
    from pathlib import Path

    from stsr_core.cli.tables import measures_table
    from stsr_core.measuring.records import check_table_path, write_table
    from stsr_core.measuring.two_series import compare_series

    if options.isovalue is not None and not math.isfinite(options.isovalue):
        raise ValueError(f"--isovalue must be finite, got {options.isovalue}")
    if options.table is not None:
        check_table_path(options.table, "--table")
        if Path(options.table).exists() and not options.overwrite:
            raise FileExistsError(f"{options.table} exists; choose another table, or --overwrite it")
    count = len(grouped(options.sources, len(options.name or ())))
    if count != 2:
        raise ValueError(f"two series must be given, a prediction and its ground truth, got {count}")
    kept = _kept(options.model)
    prediction, truth = read_each(options)
    line = ProgressLine()
    try:
        found = compare_series(
            prediction,
            truth,
            kept=kept,
            isovalue=options.isovalue,
            cells=options.cells,
            on_progress=lambda fraction, text: line.show(text, fraction),
        )
    finally:
        line.close()
    print(measures_table(found.measures))
    remarks = list(found.remarks)
    if kept and all(row["steps"] == "all" for row in found.measures):
        remarks.append(f"{options.model}: the model has none of the variables compared")
    for remark in remarks:
        print(f"stsr compare: {remark}", file=sys.stderr)
    parts = {"measures": found.measures, "curves": found.curves, "remarks": remarks}
    options.result.update(parts)
    if options.table is not None:
        write_table(options.table, parts, found.curves)
    return 0


def _kept(model: str | None) -> dict[str, tuple[float, ...]]:
    """Variable → times that the model was trained on."""
    if model is None:
        return {}
    from stsr_core.model.checkpoint import read_header

    return {variable.name: variable.times for variable in read_header(model).domain}
