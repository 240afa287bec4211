"""Inside pvpython: a script that asks for the background, and how what goes on there ends."""

from __future__ import annotations

import os

import pytest
from processes import gone

from stsr_core.model import checkpoint

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


def test_runs_in_the_background_end_well(session, material, tmp_path):
    """By Stop, deleted, and with a killed ParaView: each leaves a model that resumes, and no process."""
    found = session("background_session.py", material.series, str(tmp_path))
    gone(found["pid"])
    for name in ("stopped", "deleted", "killed"):
        assert found[name][:2] == ["", 6**3], "the kept samples, at once"
        assert found[name][2].startswith("learning, 0%: loss ")
        assert checkpoint.read_header(tmp_path / f"{name}.stsr").training is not None
    assert found["stopped"][3] == ""
    assert "stopped.stsr can be used as it is (" in found["stopped"][4]
    assert sorted(os.listdir(tmp_path)) == ["deleted.stsr", "killed.stsr", "stopped.stsr"]
