"""What a report was made on."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine(device: str) -> dict[str, str]:
    """Processor, device, versions and day, as text by name.

    Parameters
    ----------
    device : str
        As for :func:`stsr_core.inference.resolve_device`.
    """
    import torch

    from stsr_core import __version__
    from stsr_core.inference import resolve_device
    from stsr_filters.pipeline.vtk_compat import vtkVersion

    where = resolve_device(device)
    name = torch.cuda.get_device_name(where) if where.type == "cuda" else str(where)
    try:
        lpips = version("lpips")
    except PackageNotFoundError:
        lpips = "not installed"
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads",
        "device": name,
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": f"stsr {__version__}, torch {torch.__version__}, "
        f"VTK {vtkVersion.GetVTKVersion()}, lpips {lpips}",
        "day": datetime.now(timezone.utc).date().isoformat(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
