"""Two small scenes against kept pictures where the same renderer draws them; elsewhere, signs of life.

The pictures stand in tests/reference, drawn by the renderer that reference.json names. On failure the folder
test-output of the checkout gets the picture drawn and what differs; one that is wanted is copied from there
over its reference.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("vtkmodules", reason="needs the vtk wheel")

from matplotlib.image import imread, imsave
from vtkmodules.vtkCommonCore import vtkVersion
from vtkmodules.vtkRenderingCore import vtkRenderer

from stsr_core.grid import Grid
from stsr_core.io.vtk import to_vtk_image
from stsr_filters import Camera, TransferFunction, render_isosurface, render_volume
from stsr_filters.rendering import off_screen

ROOT = Path(__file__).resolve().parents[3]
REFERENCE, OUTPUT = ROOT / "tests/reference", ROOT / "test-output"
SIZE = (128, 128)
#: A pixel is another one where a channel differs by more than so many of 255 levels …
LEVELS = 8
#: … and so large a part of the picture may be: an edge that a newer rasteriser rounds another way.
PART = 0.005


def two_blobs():
    """Two Gaussians of different height and width on a grid that is no cube."""
    grid = Grid((20, 24, 28), origin=(-1.0, -1.2, -1.4), spacing=(2 / 19, 2.4 / 23, 2.8 / 27))
    z, y, x = np.meshgrid(*(grid.axis(i) for i in range(3)), indexing="ij")
    near = np.exp(-((x + 0.6) ** 2 + (y + 0.4) ** 2 + z**2) / 0.15)
    far = 0.6 * np.exp(-((x - 0.6) ** 2 + (y - 0.3) ** 2 + (z - 0.3) ** 2) / 0.3)
    return to_vtk_image(grid, {"v": (near + far).astype(np.float32)})


BOX = (-1.4, 1.4, -1.2, 1.2, -1.0, 1.0)
CAMERA = Camera.around(BOX, direction=(0.50, -0.90, 0.45))
COLORS = TransferFunction(
    [(0, 0.1, 0.2, 0.6), (0.5, 0.9, 0.8, 0.4), (1, 0.7, 0.1, 0.1)], [(0, 0), (0.1, 0), (0.5, 0.1), (1, 0.8)]
)
SCENES = {
    "volume": lambda: render_volume(two_blobs(), "v", transfer_function=COLORS, camera=CAMERA, size=SIZE),
    "isosurface": lambda: render_isosurface(two_blobs(), "v", 0.3, camera=CAMERA, size=SIZE),
}


def renderer() -> dict[str, str]:
    """Name of what draws here, and the line of VTK's versions, such as 9.7."""
    window = off_screen.new_window()  # the very one that the scenes are drawn in
    window.SetOffScreenRendering(True)
    window.AddRenderer(vtkRenderer())
    window.Render()
    found = re.search(r"^OpenGL renderer string: *(.*)$", window.ReportCapabilities(), re.MULTILINE)
    window.Finalize()
    # llvmpipe (LLVM 15.0.6, 256 bits): the processor's width and the compiler change no picture.
    name = found[1].split("(")[0].strip() if found else ""
    return {"renderer": name, "vtk": ".".join(vtkVersion.GetVTKVersion().split(".")[:2])}


def different(picture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(H, W) bool: where two pictures differ by more than LEVELS."""
    return np.abs(picture.astype(int) - reference).max(axis=2) > LEVELS


def compare(picture: np.ndarray, reference: Path, output: Path) -> None:
    """Fail unless the picture is that of the file, and leave both and what differs in ``output``."""
    wanted = np.round(imread(reference)[..., :3] * 255).astype(np.uint8)
    assert picture.shape == wanted.shape
    part = different(picture, wanted).mean()
    if part <= PART:
        return
    output.mkdir(parents=True, exist_ok=True)
    gap = np.abs(picture.astype(int) - wanted).astype(np.uint8)
    for name, pixels in (("", picture), ("-reference", wanted), ("-difference", 255 - gap)):
        imsave(output / f"{reference.stem}{name}.png", pixels)
    pytest.fail(
        f"{part:.1%} of {reference.name} differ by more than {LEVELS} levels, at most {PART:.1%} may; "
        f"see {output}/{reference.stem}*.png"
    )


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_looks_as_it_did(scene):
    picture = SCENES[scene]()
    drawn = np.any(picture != 255, axis=2)
    assert 0.05 < drawn.mean() < 0.9, "everywhere the scene must be there"
    assert len(np.unique(picture[drawn], axis=0)) > 50, "and be shaded"
    if renderer() == json.loads((REFERENCE / "reference.json").read_text()):
        compare(picture, REFERENCE / f"{scene}.png", OUTPUT)


@pytest.mark.parametrize("scene", SCENES)
def test_a_reference_is_told_from_another_picture(scene):
    """Else the tolerance would let anything pass: an isovalue a tenth higher, or a camera 2° on."""
    wanted = np.round(imread(REFERENCE / f"{scene}.png")[..., :3] * 255).astype(np.uint8)
    turned = Camera.around(BOX, direction=(0.53, -0.88, 0.45))
    other = (
        render_volume(two_blobs(), "v", transfer_function=COLORS, camera=turned, size=SIZE)
        if scene == "volume"
        else render_isosurface(two_blobs(), "v", 0.33, camera=CAMERA, size=SIZE)
    )
    assert different(other, wanted).mean() > 2 * PART


def test_a_failure_leaves_the_picture_and_what_differs(tmp_path):
    reference = tmp_path / "scene.png"
    picture = np.full((10, 20, 3), 200, np.uint8)
    imsave(reference, picture)
    compare(picture + np.uint8(LEVELS), reference, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    changed = picture.copy()
    changed[2:4, 5:9] = 90
    with pytest.raises(pytest.fail.Exception, match=r"4\.0% of scene\.png differ .* see .*/out/scene\*\.png"):
        compare(changed, reference, tmp_path / "out")
    gap = imread(tmp_path / "out/scene-difference.png")[..., :3]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "scene-difference.png",
        "scene-reference.png",
        "scene.png",
    ]
    np.testing.assert_array_equal(np.argwhere(gap[..., 0] < 1).shape[0], 8)
