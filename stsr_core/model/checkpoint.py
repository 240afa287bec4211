"""model.stsr of a field: its tensors, and a header that says what it is and where it is defined.

On top of :mod:`stsr_core.model.container`, which reads and writes the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.model import container
from stsr_core.model.container import CheckpointError, Content

if TYPE_CHECKING:
    import torch

    from stsr_core.fields.base import Field

__all__ = [
    "CheckpointError",
    "Header",
    "header_to_json",
    "load",
    "load_training_state",
    "read_header",
    "save",
]

FORMAT_VERSION = 1
#: Before files named their content, all of them held fields.
FIELD = Content("field", FORMAT_VERSION, unnamed=True)


@dataclass(frozen=True)
class Header:
    """What a model file says of itself.

    Parameters
    ----------
    kind : str
        Field kind, a key of :data:`stsr_core.fields.KINDS`.
    configuration : dict
        Keyword arguments of the field.
    domain : Domain
        Names, units, grids, times and value ranges per variable.
    time_unit, length_unit : str
    data_hash : str
        SHA-256 of the kept samples (hexadecimal), "" when unknown.
    history : list of dict
        One entry per training run: settings, seconds, epochs, PSNR on kept samples, machine.
    training : dict or None
        Present only while a training run is unfinished: what :mod:`stsr_core.training` needs to resume.
    """

    kind: str
    configuration: dict[str, Any]
    domain: Domain
    time_unit: str = ""
    length_unit: str = ""
    data_hash: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    training: dict[str, Any] | None = None
    format_version: int = FORMAT_VERSION


def save(
    path: str | Path, header: Header, field: Field, state: dict[str, torch.Tensor] | None = None
) -> None:
    """Write a field beside ``path`` and rename it there, so that ``path`` is never half written.

    Parameters
    ----------
    state : dict of Tensor, optional
        Optimizer and random state of an unfinished run, stored under ``training/``.
    """
    container.write(path, FIELD, header_to_json(header), container.with_state(field.state_dict(), state))


def read_header(path: str | Path) -> Header:
    """Read and check the header alone, without torch.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    CheckpointError
        If the file is missing, foreign, truncated, a pickle, no field or of a newer format.
    """
    return _from_json(path, container.read_header(path, FIELD))


def load(path: str | Path, device: str | torch.device = "cpu") -> Field:
    """Rebuild the field of a model file on ``device``, ready for inference.

    On the CPU a model may be larger than the memory: see :func:`stsr_core.model.container.read`.

    Parameters
    ----------
    path : str or Path
    device : str or torch.device

    Raises
    ------
    CheckpointError
        As :func:`read_header`, or if the tensors are not those that were written, or do not fit the
        configuration.
    """
    from stsr_core.fields import create

    content, tensors = container.read(path, FIELD)
    header = _from_json(path, content)
    try:
        field = create(header.kind, header.domain, header.configuration)
        field.load_state_dict(container.without_state(tensors)[0], assign=True)
    except (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{path}: the model does not fit its own header: {reason}") from None
    field.to(device)
    field.eval()
    return field


def load_training_state(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors saved as ``state``; empty for a finished model."""
    _, tensors = container.read(path, FIELD)
    return container.without_state(tensors)[1]


def header_to_json(header: Header) -> dict[str, Any]:
    """The header as plain JSON values, as it stands in the file; per-axis lists in (z, y, x)."""
    return {
        "format_version": header.format_version,
        "kind": header.kind,
        "configuration": header.configuration,
        "variables": [v.to_json() for v in header.domain],
        "time_unit": header.time_unit,
        "length_unit": header.length_unit,
        "data_hash": header.data_hash,
        "history": header.history,
        "training": header.training,
    }


def _from_json(path: str | Path, data: dict[str, Any]) -> Header:
    try:
        return Header(
            data["kind"],
            data["configuration"],
            Domain(VariableDomain.from_json(v) for v in data["variables"]),
            data["time_unit"],
            data["length_unit"],
            data["data_hash"],
            data["history"],
            data["training"],
            data["format_version"],
        )
    except (ValueError, LookupError, TypeError, ArithmeticError, AttributeError) as error:
        raise CheckpointError(f"{path}: damaged model header: {error}") from None
