"""A report as Markdown, CSV and strict JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stsr_core.measuring.means import means_by_kind
from stsr_core.measuring.records import write_csv, write_json
from stsr_filters.evaluation.folder import RESULTS
from stsr_filters.evaluation.markdown import markdown
from stsr_filters.evaluation.measures import REPORTED
from stsr_filters.evaluation.outcome import Outcome
from stsr_filters.evaluation.settings import Settings
from stsr_filters.evaluation.truth import Truth

_UPSCALING = ("input_psnr", "exact_psnr", "step_seconds")


def summary(truths: Sequence[Truth], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One flat row per study, case and variable: every mean, time and size, as plain Python values."""
    rows = []
    for outcome in outcomes:
        cases = {case.label: case for case in outcome.study.cases}
        for label, made in outcome.made.items():
            for truth in truths:
                result = outcome.results[label][truth.variable.name]
                row: dict[str, Any] = {
                    "study": outcome.study.name,
                    "case": label,
                    "kind": cases[label].kind,
                    "variable": truth.variable.name,
                }
                if outcome.study.unsupervised:
                    row |= {key: getattr(result, key) for key in _UPSCALING}
                else:
                    for key in REPORTED:
                        found = asdict(means_by_kind(result.values[key], truth.kinds))
                        row |= {f"{key}_{name}": value for name, value in found.items()}
                    row["step_seconds"] = result.step_seconds
                row |= {
                    "training_seconds": made.seconds,
                    "passes": made.passes,
                    "size_full_mib": made.size_full,
                    "size_paper_mib": made.size_paper,
                }
                rows.append(row)
    return rows


def curve_rows(truths: Sequence[Truth], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One row per study, case, variable, measure and measured step."""
    rows = []
    for outcome in outcomes:
        if outcome.study.unsupervised:
            continue
        for label, per in outcome.results.items():
            for truth in truths:
                kind_of = {
                    i: kind
                    for kind, steps in zip(("kept", "unseen", "after"), truth.kinds, strict=True)
                    for i in steps
                }
                for key in REPORTED:
                    for i, value in sorted(per[truth.variable.name].values[key].items()):
                        rows.append(
                            {
                                "study": outcome.study.name,
                                "case": label,
                                "variable": truth.variable.name,
                                "measure": key,
                                "step": i,
                                "time": float(truth.variable.times[i]),
                                "step_kind": kind_of[i],
                                "value": value,
                            }
                        )
    return rows


def write_report(
    folder: Path,
    truths: Sequence[Truth],
    outcomes: Sequence[Outcome],
    settings: Settings,
    remarks: Sequence[str],
    machine: dict[str, str],
    command: str = "",
) -> None:
    """Write ``report.md``, ``table.csv``, ``curves.csv`` and ``results.json``.

    Parameters
    ----------
    machine : dict
        From :func:`stsr_filters.evaluation.provenance.machine`.
    command : str
        The command line that made the report.
    """
    rows, curves = summary(truths, outcomes), curve_rows(truths, outcomes)
    write_csv(folder / "table.csv", rows)
    write_csv(folder / "curves.csv", curves)
    results = {
        "command": command,
        "machine": machine,
        "settings": asdict(settings),
        "data": [_described(truth) for truth in truths],
        "studies": [_run_of(outcome) for outcome in outcomes],
        "remarks": list(remarks),
        "table": rows,
        "curves": curves,
    }
    write_json(folder / RESULTS, results)
    (folder / "report.md").write_text(
        markdown(truths, outcomes, settings, remarks, machine, command), encoding="utf-8"
    )


def _run_of(outcome: Outcome) -> dict[str, Any]:
    made = {
        label: {"configuration": made.configuration, "recipe": made.recipe}
        for label, made in outcome.made.items()
    }
    return asdict(outcome.study) | {"made": made, "refused": outcome.refused}


def _described(truth: Truth) -> dict[str, Any]:
    variable = truth.variable
    look = truth.look
    return {
        "variable": variable.name,
        "unit": variable.unit,
        "nodes_xyz": list(variable.grid.shape[::-1]),
        "steps": len(variable.times),
        "range": [truth.low, truth.high],
        "isovalue": truth.isovalue,
        "step_shown": truth.shown,
        "steps_measured": truth.measured,
        "steps_rendered": sorted(truth.volumes),
        "camera": asdict(look.camera) if look else None,  # type: ignore[call-overload]
        "transfer_function": asdict(look.transfer_function) if look else None,  # type: ignore[call-overload]
    }
