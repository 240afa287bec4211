"""The device to compute on."""

from __future__ import annotations

import torch


def resolve_device(name: str = "auto") -> torch.device:
    """ "auto", "cpu", "cuda", "cuda:N" or "mps" → a device that works here.

    "auto" takes CUDA, then MPS, then the CPU.

    Raises
    ------
    ValueError
        If the device is unknown or not available on this machine.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"device must be auto, cpu, cuda, cuda:N or mps, got {name!r}") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"device {name!r} is not available: {torch.cuda.device_count()} CUDA devices found")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError("device 'mps' is not available on this machine")
    return device


def usable_device(name: str) -> tuple[torch.device, str]:
    """The device to compute on; the CPU and a remark if the one asked for is not there."""
    try:
        return resolve_device(name), ""
    except ValueError as error:
        return resolve_device("cpu"), f"{error}; computed on the CPU"
