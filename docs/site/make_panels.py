"""Make the pictures of the panels: ParaView's window under Xvfb, each filter alone on the files of the demo.

    stsr demo && python docs/site/make_panels.py demo-output

Needs what docs/make_screenshot.py needs, which starts the window.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

SITE = Path(__file__).resolve().parent
sys.path.insert(0, str(SITE.parent))
from make_screenshot import screenshot  # noqa: E402

FILTERS = (
    *("NeuralUpscale", "STSRModel", "LatentInterpolate", "NeuralFit", "CompareToGT"),
    *("ImageDatabase", "MultiscaleDiffusion", "NeuralHomogenization"),
)
#: Rows and columns of the screen that the panel takes.
PANEL = (slice(338, 968), slice(0, 396))


def write_members(path: Path) -> None:
    """A small model of two members, a tornado and its mirror image, for Latent Interpolate."""
    import stsr_core as stsr

    tornado = stsr.tornado(24, 12)["tornado"]
    values = np.stack([tornado.step(i) for i in range(12)])
    series = stsr.VolumeSeries.from_arrays({"run01": values, "run02": values[..., ::-1].copy()})
    stsr.fit(series, path, field="modulated_siren", epochs=4, overwrite=True)


def write_images(path: Path) -> None:
    """A small database of the demo's tornado, for Image Database."""
    import stsr_core as stsr
    from stsr_filters import render_database

    series = stsr.open_series("tornado/full.pvd")
    render_database(series, path, views="42", times=series["tornado"].times[:3], overwrite=True)


def write_network(path: str) -> None:
    """A small network, hardly taught, for Neural Homogenization."""
    from stsr_core.cli import main as stsr

    small = ["--maps", "2", "--validation", "0", "--test", "0", "--no-patterns"]
    stsr(["homogenize", "data", "maps", *small, "--cells", "32", "--coarse", "8", "--scale", "4"])
    stsr(["homogenize", "fit", "maps", "-o", path, "--preset", "tiny", "--iterations", "2", "--batch", "2"])


def main(demo: Path, names: list[str]) -> None:
    """Write the pictures of the filters named, of all by default."""
    from matplotlib.image import imsave

    with tempfile.TemporaryDirectory() as folder:
        # The panels show names and no folders of this machine: what is not the demo's goes beside it.
        for entry in demo.resolve().iterdir():
            (Path(folder) / entry.name).symlink_to(entry)
        os.chdir(folder)
        write_members(Path("both.stsr"))
        write_images(Path("tornado.cdb"))
        write_network("h.stsr")
        for name in names or FILTERS:
            task = {"filter": name, "both": "both.stsr", "mine": "mine.stsr"}
            screen = screenshot(task, seconds=500.0, scene=SITE / "panel_scene.py")
            imsave(SITE / f"pictures/panels/{name}.png", np.ascontiguousarray(screen[PANEL]))
        os.chdir(SITE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
