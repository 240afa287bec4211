"""Multiscale physics in the ParaView GUI, by mouse and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from window import CHOICE, Clicks, panel_ink

from stsr_core.homogenization import file as network_file
from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.network import Network

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


def test_a_rough_material_is_corrected_and_raised_by_clicks(play, tmp_path):
    """The coefficient is the second output of the source, the surface that of the filter."""
    torch.manual_seed(0)
    model, configuration = tmp_path / "h.stsr", Configuration(preset="tiny", cells=16, coarse=4)
    network_file.save(model, network_file.Header(configuration), Network(configuration))
    clicks = Clicks().menu("menuSources/Neural", "MultiscaleDiffusion")
    clicks.put("Intervals/IntRangeWidget/LineEdit", "4").put("Cells/IntRangeWidget/LineEdit", "16")
    clicks.apply().nothing_to_apply().look()
    clicks.menu("menuFilters/Neural", "NeuralHomogenization")
    clicks.event(f"{CHOICE}/buttonFrame/Coefficient", "set_boolean", "true").choose("/0:0/0:0/1:0")
    clicks.model(str(model)).put("WarpByHeight/CheckBox", "true", "set_boolean")
    clicks.apply().nothing_to_apply().look()
    (flat, source), (raised, corrected) = play(clicks)
    assert [source["source"], corrected["source"]] == ["MultiscaleDiffusion", "NeuralHomogenization"]
    assert source["error"] == corrected["error"] == ""
    assert source["status"].startswith("5 x 5 x 1 nodes in ")
    assert corrected["status"].startswith("nh_csr: 17 x 17 x 1 nodes in ")
    assert panel_ink(raised) > 2000
    assert np.any(flat[250:900, 450:750] != raised[250:900, 450:750]), "the surface is in the view"
