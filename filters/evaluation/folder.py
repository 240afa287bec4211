"""The folder of a report: built beside its destination, swapped in when it is whole, resumable until then."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: The file by which a folder is known as a report.
RESULTS = "results.json"
_PLAN = "plan.json"
_MODELS = "models"


def working_folder(output: Path) -> Path:
    """Where a report is built before it stands at ``output``."""
    return output.with_name(f"{output.name}.unfinished")


@contextmanager
def report_folder(
    output: Path,
    plan: dict[str, Any],
    *,
    overwrite: bool = False,
    resume: bool = False,
    keep_models: bool = False,
) -> Iterator[tuple[Path, Path]]:
    """Yield the folder to write into and that of its models; put the first at ``output`` at the end.

    After an exception ``output`` is untouched; models that were trained stay in :func:`working_folder`, from
    where ``resume`` takes them, and a folder without any is removed.

    Parameters
    ----------
    plan : dict
        JSON values that must be the same for ``resume``.
    keep_models : bool
        Leave the models in the report.

    Raises
    ------
    FileExistsError
        ``output`` exists and ``overwrite`` is not set, or it is no report.
    FileNotFoundError
        The folder above does not exist.
    ValueError
        There is nothing to resume, or it was begun with other settings.
    """
    if not output.parent.is_dir():
        raise FileNotFoundError(f"{output}: the folder {output.parent} does not exist")
    if output.exists():
        if not overwrite:
            raise FileExistsError(f"{output} exists; choose another folder, or --overwrite it")
        is_empty = output.is_dir() and not any(output.iterdir())
        if not is_empty and not (output / RESULTS).is_file():
            raise FileExistsError(f"{output} is no report (it has no {RESULTS}), so it is not overwritten")
    work = working_folder(output)
    models = work / _MODELS
    plan = json.loads(json.dumps(plan))
    if resume:
        _check_resume(work, plan)
    elif work.exists():
        if not (work / _PLAN).is_file():
            raise FileExistsError(f"{work} exists and is no unfinished report; remove or rename it")
        shutil.rmtree(work)
    models.mkdir(parents=True, exist_ok=True)
    (work / _PLAN).write_text(json.dumps(plan, indent=1))
    done = False
    try:
        yield work, models
        done = True
    finally:
        if not done and not any(models.glob("*.stsr")):
            shutil.rmtree(work, ignore_errors=True)
    if not keep_models:
        shutil.rmtree(models)
    (work / _PLAN).unlink()
    old = output.with_name(f".{output.name}.{os.getpid()}.old")
    if output.exists():
        os.replace(output, old)
    os.replace(work, output)
    shutil.rmtree(old, ignore_errors=True)


def _check_resume(work: Path, plan: dict[str, Any]) -> None:
    try:
        begun = json.loads((work / _PLAN).read_text())
    except (OSError, ValueError):
        raise ValueError(f"nothing to resume: {work} is no unfinished report") from None
    different = sorted(key for key in {*begun, *plan} if begun.get(key) != plan.get(key))
    if different:
        raise ValueError(f"{work} cannot be resumed: it was begun with other {', '.join(different)}")
