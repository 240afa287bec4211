"""The ParaView GUI under Xvfb: loads the plugin, applies the filter, shows it; and fails when it must."""

from __future__ import annotations

import importlib.util
import os
from types import ModuleType

import numpy as np
import pytest

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def maker(root) -> ModuleType:
    """docs/make_screenshot.py, which makes the README's picture the same way."""
    spec = importlib.util.spec_from_file_location("make_screenshot", root / "docs/make_screenshot.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def task(material) -> dict:
    return {"model": material.model, "series": material.series, "time": 13.4, "factor": 2.0, "bright": 1.0}


def test_the_filter_is_applied_and_seen(maker, task):
    screen = maker.screenshot(task)
    assert screen.shape == (maker.HEIGHT, maker.WIDTH, 3)
    if os.environ.get("STSR_KEEP_SCREENSHOT"):  # to look at it
        from matplotlib.image import imsave

        imsave(os.environ["STSR_KEEP_SCREENSHOT"], np.ascontiguousarray(screen))
    panel, view = screen[200:900, :390], screen[250:900, 500:1400]
    # The panel is full of text and frames; the volume is brighter than the dark background somewhere.
    assert np.count_nonzero(panel.max(axis=2) < 100) > 2000
    background = np.array([20, 23, 31])
    coloured = np.abs(view.astype(int) - background).max(axis=2) > 60
    assert 0.02 < coloured.mean() < 0.98


def test_a_scene_that_must_fail_fails(maker, task):
    with pytest.raises(RuntimeError, match=r"FilterFailed: /nowhere\.stsr: cannot read the model"):
        maker.screenshot({**task, "model": "/nowhere.stsr"})
