"""Inside ParaView: a cell as TIFF stacks, learned with SpatimeINR, and shown at times never imaged."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.datasets import roaming_ball
from stsr_core.inference import evaluate
from stsr_core.model.checkpoint import load

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
tifffile = pytest.importorskip("tifffile")


@pytest.fixture(scope="module")
def ball() -> np.ndarray:
    """(7, 12, 12, 12), uint8."""
    return roaming_ball(12, 7)["roaming_ball"].array().round().astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cell")


@pytest.fixture(scope="module")
def found(session, folder, ball):
    """What microscopy_session.py found."""
    stacks = [str(folder / f"t{i:03d}.tif") for i in range(len(ball))]
    for path, stack in zip(stacks, ball, strict=True):
        tifffile.imwrite(path, stack, photometric="minisblack")
    return session("microscopy_session.py", str(folder), *stacks)


def test_a_step_between_two_images_is_what_the_model_says(found, folder):
    assert found["extent"] == [0, 11] * 3, found["fit"]
    field = load(folder / "cell.stsr")
    assert field.kind == "spatime_inr" and field.domain[0].dtype == "uint8"
    assert field.domain[0].times == (0.0, 2.0, 4.0, 6.0)
    expected = evaluate(field, field.domain[0].full_grid, [2.5], found["name"], device="cpu")
    assert expected.dtype == np.uint8
    np.testing.assert_allclose(found["between"], expected.ravel(), atol=1)  # a value may lie on a half


def test_the_image_left_out_is_nearer_than_the_mean_of_its_neighbours(found, ball):
    shown = np.reshape(found["left out"], (12, 12, 12))
    # VTK's first row of a TIFF is the last one of the file, or is not, as its version has it.
    nearest = [np.sqrt(np.mean((shown - truth) ** 2)) for truth in (ball[3], ball[3][:, ::-1])]
    mean = np.sqrt(np.mean(((ball[2].astype(float) + ball[4]) / 2 - ball[3]) ** 2))
    assert min(nearest) < mean


def test_parts_that_do_not_fit_each_other_are_refused_in_one_sentence(found):
    assert "rendering must be none with the sine network, got 'eq8'" in found["refused"]
