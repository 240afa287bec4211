"""model.stsr: safetensors tensors and one JSON header. The only reader and writer of it.

The file is a plain safetensors file whose metadata entry ``stsr`` holds the header as JSON, so that
:func:`read_header` needs neither torch nor the safetensors package. Nothing in it is ever executed.
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.coordinates import Domain, VariableDomain

if TYPE_CHECKING:
    import torch

    from stsr_core.fields.base import Field

FORMAT_VERSION = 1
STATE_PREFIX = "training/"
_MAX_HEADER = 100_000_000  # the safetensors format's own limit, in bytes


class CheckpointError(ValueError):
    """A file that is not a usable model; the message is one sentence that names the file."""


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
    """Write a model beside ``path`` and rename it there, so that ``path`` is never half written.

    Parameters
    ----------
    state : dict of Tensor, optional
        Optimizer and random state of an unfinished run, stored under ``training/``.
    """
    from safetensors.torch import save_file

    path = Path(path)
    tensors = {k: v.detach().cpu().contiguous() for k, v in field.state_dict().items()}
    tensors |= {STATE_PREFIX + k: v.detach().cpu().contiguous() for k, v in (state or {}).items()}
    # The process id keeps two writers apart.
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
        save_file(tensors, beside, metadata={"stsr": json.dumps(header_to_json(header))})
        # safetensors lets the owner alone read its files; a model is as readable as any other file here.
        os.chmod(beside, mode)
        with open(beside, "rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read_header(path: str | Path) -> Header:
    """Read and check the header alone, without torch.

    Raises
    ------
    CheckpointError
        If the file is missing, foreign, truncated, a pickle or of a newer format.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with open(path, "rb") as stream:
            start = stream.read(8)
            foreign = _foreign(start)
            if foreign:
                raise CheckpointError(f"{path}: expected a .stsr model, found {foreign}")
            (length,) = struct.unpack("<Q", start)
            if length > min(_MAX_HEADER, size - 8):
                raise CheckpointError(
                    f"{path}: expected a .stsr model, found a truncated or foreign file of {size} bytes"
                )
            entries = json.loads(stream.read(length))
            metadata = entries.pop("__metadata__", {})
            end = max((e["data_offsets"][1] for e in entries.values()), default=0)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot read the model: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path}: expected a .stsr model, found an unreadable header") from None
    if "stsr" not in metadata:
        raise CheckpointError(f"{path}: expected a .stsr model, found a safetensors file without its header")
    if size < 8 + length + end:
        raise CheckpointError(f"{path}: truncated model: expected {8 + length + end} bytes, found {size}")
    try:
        return _from_json(path, json.loads(metadata["stsr"]))
    except CheckpointError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: damaged model header: {error}") from None


def load(path: str | Path, device: str | torch.device = "cpu") -> Field:
    """Rebuild the field of a model file on ``device``, ready for inference.

    Raises
    ------
    CheckpointError
        As :func:`read_header`, or if the tensors do not fit the configuration.
    """
    from stsr_core.fields import create

    header = read_header(path)
    try:
        field = create(header.kind, header.domain, header.configuration)
        tensors = {k: v for k, v in _tensors(path).items() if not k.startswith(STATE_PREFIX)}
        field.load_state_dict(tensors)
    except (ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{path}: the model does not fit its own header: {reason}") from None
    field.to(device)
    field.eval()
    return field


def load_training_state(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors saved as ``state``; empty for a finished model."""
    return {k[len(STATE_PREFIX) :]: v for k, v in _tensors(path).items() if k.startswith(STATE_PREFIX)}


def _tensors(path: str | Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: damaged model: {error}") from None


def _foreign(start: bytes) -> str:
    """What else a file can be, told by its first bytes; "" if it may be a model."""
    if len(start) < 8:
        return f"a file of {len(start)} bytes"
    if start[:2] == b"PK":
        return "a zip archive (a PyTorch .pth? see `stsr import-official`)"
    if start[:1] == b"\x80" and start[1] in (2, 3, 4, 5) and start[2:3] in (b"\x8a", b"}", b"\x95", b"c"):
        return "a Python pickle, which is never loaded"
    if start[:4] == b"\x89HDF":
        return "an HDF5 file"
    if start[:5] in (b"<?xml", b"<VTKF"):
        return "an XML file"
    return ""


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


def _from_json(path: Path, data: dict[str, Any]) -> Header:
    version = data["format_version"]
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: format version {version} is newer than this program reads ({FORMAT_VERSION}); "
            "please update stsr"
        )
    return Header(
        data["kind"],
        data["configuration"],
        Domain(VariableDomain.from_json(v) for v in data["variables"]),
        data["time_unit"],
        data["length_unit"],
        data["data_hash"],
        data["history"],
        data["training"],
        version,
    )
