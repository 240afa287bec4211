"""The file of a trained model of any kind: tensors, and a header of plain JSON values.

A plain safetensors file whose metadata entry ``stsr`` holds the header, so that it is read without torch and
without the safetensors package. Nothing in it is ever executed. What the tensors mean is known to the module
that wrote them, as :mod:`stsr_core.model.checkpoint` does for fields.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core import memory

if TYPE_CHECKING:
    import torch

_MAX_HEADER = 100_000_000  # the safetensors format's own limit, in bytes
#: A file of more bytes, or that takes a larger share of the free memory, is mapped.
LARGEST, LARGEST_SHARE = 1 << 30, 0.25
#: No memory is set aside for what may be written to a mapped file; Python names the flag from 3.13 on.
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)
_STATE = "training/"  # begins the names of what an unfinished run needs
#: The header's entry of its own checksum; files from before there was one are taken as they are.
_OWN = "header_checksum"
#: Types by their safetensors names.
_TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


class CheckpointError(ValueError):
    """A file that is not a usable model; the message is one sentence that names the file."""


@dataclass(frozen=True)
class Content:
    """What a model file holds, as its header says it.

    Parameters
    ----------
    name : str
        Of this kind of content, a noun.
    version : int
        Newest version of its header that this program reads, and the one it writes.
    unnamed : bool
        Whether a file that does not name its content holds it, too.
    """

    name: str
    version: int = 1
    unnamed: bool = False


def write(
    path: str | Path, content: Content, header: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]
) -> None:
    """Write a model beside ``path`` and rename it there, so that ``path`` is never half written.

    Parameters
    ----------
    header : mapping
        Plain JSON values; ``format_version``, ``content`` and two checksums, of the tensors and of the header
        itself, are added.
    tensors : mapping of str to Tensor
        On any device.

    Raises
    ------
    OSError
        If it cannot be written; one sentence that names the file, which is as it was before.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    path = Path(path)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    own = {"format_version": content.version, "content": content.name, "checksum": checksum(plain)}
    # The process id keeps two writers apart.
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
        whole = json.loads(json.dumps({**header, **own}))
        save_file(plain, beside, metadata={"stsr": json.dumps({**whole, _OWN: _digest(whole)})})
        # safetensors lets the owner alone read its files; a model is as readable as any other file here.
        os.chmod(beside, mode)
        with open(beside, "rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OSError(f"{path}: cannot write the model: {reason}") from error
    finally:
        beside.unlink(missing_ok=True)


def content_of(path: str | Path) -> str:
    """What a model file says it holds; "" where it does not say, or is no model: reading it tells why."""
    try:
        found = json.loads(_entries(path)[1] or "").get("content")
    except (CheckpointError, ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def read_header(path: str | Path, content: Content) -> dict[str, Any]:
    """Read the header alone, without torch and without a look at the tensors.

    Raises
    ------
    CheckpointError
        If the file is missing, foreign, truncated, a pickle, of other content or of a newer version.
    """
    entries, text, start = _entries(path)
    size = Path(path).stat().st_size
    end = start + max((e["data_offsets"][1] for e in entries.values()), default=0)
    if text is None:
        raise CheckpointError(f"{path}: expected a .stsr model, found a safetensors file without its header")
    if size < end:
        raise CheckpointError(f"{path}: truncated model: expected {end} bytes, found {size}")
    try:
        header = json.loads(text)
        digest = header.pop(_OWN, None)
        found, version = header.get("content"), header["format_version"]
        newer = version > content.version
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: damaged model header: {error}") from None
    if found != content.name and not (found is None and content.unnamed):
        raise CheckpointError(
            f"{path}: expected a model that holds a {content.name}, found one that holds "
            f"{'something unnamed' if found is None else f'a {found}'}"
        )
    if newer:
        raise CheckpointError(
            f"{path}: format version {version} is newer than this program reads ({content.version}); "
            "please update stsr"
        )
    if digest is not None and digest != _digest(header):
        raise CheckpointError(f"{path}: damaged model header: it is not the one that was written")
    return header


def read(path: str | Path, content: Content) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Header and tensors, which are those that were written: their checksum is compared.

    A file from before there were checksums, which does not name its content either, is taken as it is.
    So is one of more than :data:`LARGEST` bytes or :data:`LARGEST_SHARE` of the free memory, for it is not
    read here at all: its tensors are mapped, and what is used of them is read then. The file never changes by
    them.

    Raises
    ------
    CheckpointError
        As :func:`read_header`, or if the tensors cannot be read or have changed.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    header = read_header(path, content)
    size = Path(path).stat().st_size
    if size > LARGEST or not memory.fits(size, LARGEST_SHARE):
        return header, _mapped(path)
    try:
        tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError, ValueError, LookupError, RuntimeError) as error:
        raise CheckpointError(f"{path}: damaged model: {error}") from None
    # A file that names its content has a checksum; without one, the entry's name has been damaged.
    if not {"content", "checksum"}.isdisjoint(header):
        expected, found = str(header.get("checksum")), checksum(tensors)
        if found != expected:
            raise CheckpointError(
                f"{path}: damaged model: expected tensors of SHA-256 {expected[:16]}…, found {found[:16]}…"
            )
    return header, tensors


def with_state(
    tensors: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor] | None
) -> dict[str, torch.Tensor]:
    """The tensors of a model, and those that its unfinished run needs besides, for :func:`write`."""
    return {**tensors, **{_STATE + name: tensor for name, tensor in (state or {}).items()}}


def without_state(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], ...]:
    """The model's own tensors, and those of its unfinished run; inverse of :func:`with_state`."""
    own = {name: tensor for name, tensor in tensors.items() if not name.startswith(_STATE)}
    return own, {name.removeprefix(_STATE): tensors[name] for name in tensors if name not in own}


def _digest(header: Mapping[str, Any]) -> str:
    """SHA-256 of a header as JSON gives it, hexadecimal."""
    return hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()


def checksum(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes of contiguous tensors on the CPU, by name; hexadecimal.

    Examples
    --------
    >>> checksum({})[:8]  # of nothing
    'e3b0c442'
    """
    import torch

    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        # As bytes, for numpy has no bfloat16.
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _entries(path: str | Path) -> tuple[dict[str, Any], str | None, int]:
    """What the safetensors file says of each tensor; the text of the header; where the tensors begin."""
    path = Path(path)
    try:
        size = path.stat().st_size
        with open(path, "rb") as stream:
            start = stream.read(8)
            if foreign := _foreign(start):
                raise CheckpointError(f"{path}: expected a .stsr model, found {foreign}")
            (length,) = struct.unpack("<Q", start)
            if length > min(_MAX_HEADER, size - 8):
                raise CheckpointError(
                    f"{path}: expected a .stsr model, found a truncated or foreign file of {size} bytes"
                )
            entries = json.loads(stream.read(length))
        text = entries.pop("__metadata__", {}).get("stsr")
        if not all(isinstance(e["data_offsets"][1], int) for e in entries.values()):
            raise TypeError
    except OSError as error:
        raise CheckpointError(f"{path}: cannot read the model: {error.strerror or error}") from None
    except CheckpointError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError):
        raise CheckpointError(f"{path}: expected a .stsr model, found an unreadable header") from None
    return entries, text, 8 + length


def _mapped(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors of a file that need not fit in memory; safetensors maps only what could be held as well."""
    import torch

    entries, _, start = _entries(path)
    tensors = {}
    try:
        with open(path, "rb") as stream:
            if os.name == "nt":
                data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
            else:
                flags, prot = mmap.MAP_PRIVATE | _NO_RESERVE, mmap.PROT_READ | mmap.PROT_WRITE
                data = mmap.mmap(stream.fileno(), 0, flags=flags, prot=prot)
        for name, entry in entries.items():
            dtype = getattr(torch, _TYPES[entry["dtype"]])
            shape, (first, end) = entry["shape"], entry["data_offsets"]
            count = math.prod(shape)
            if first < 0 or count * dtype.itemsize != end - first:
                raise ValueError(f"{name} must have {count * dtype.itemsize} bytes, got {first} to {end}")
            values = torch.empty(0, dtype=dtype)
            if count:
                values = torch.frombuffer(data, dtype=dtype, count=count, offset=start + first)
            tensors[name] = values.view(shape)
    except (OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{path}: damaged model: {error}") from None
    return tensors


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
