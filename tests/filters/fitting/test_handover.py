"""What goes to another process arrives there as it was, and one run at a time writes a file."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.kept import Kept, KeptSeries
from stsr_core.model.claim import claimed
from stsr_core.sampling import KeptSamples
from stsr_core.series import Variable, VolumeSeries
from stsr_filters.fitting import handover
from stsr_filters.fitting.fit_settings import FitSettings

ORDER = handover.Order(
    FitSettings("m.stsr", ("a", "b"), 2, 1, architecture='{"width": 8}', fill="mask"),
    "cuda:1",
    3,
    False,
    True,
)


def series():
    """Two variables of other grids, types and steps; one step of the first came in another type."""
    rng = np.random.default_rng(0)
    coarse, fine = Grid((3, 4, 5), (1, 2, 3), (0.5, 1, 2)), Grid((5, 4, 3))
    a = [rng.integers(0, 9, (3, 4, 5)).astype(np.int16), rng.random((3, 4, 5))]
    b = [rng.random((3, 2, 2)).astype(np.float32)]
    whole = VolumeSeries(
        (
            Variable("a", coarse, np.array([0.5, 1.25]), lambda i: a[i], np.dtype(np.int16), "kg"),
            Variable("b", fine, np.array([0.0, 1.0]), lambda i: b[i], np.dtype(np.float32)),
        ),
        "s",
        "mm",
    )
    return KeptSeries.of_steps(whole, {"a": Kept(), "b": Kept(2, 1)}, {"a": a, "b": b})


def test_an_order_and_its_samples_arrive_as_they_were():
    stream = io.BytesIO()
    handover.write(stream, ORDER, series())
    end = stream.tell()
    stream.seek(0)
    order, found = handover.read(stream)
    assert stream.tell() == end
    assert order == ORDER
    assert found.kept == series().kept
    for name in ("whole", "part"):
        one, other = getattr(found, name), getattr(series(), name)
        assert (one.time_unit, one.length_unit, one.names) == ("s", "mm", ("a", "b"))
        for v, w in zip(one, other, strict=True):
            assert (v.grid, v.dtype, v.unit) == (w.grid, w.dtype, w.unit)
            np.testing.assert_array_equal(v.times, w.times)
    for v in series().part:
        for i in range(len(v.times)):
            np.testing.assert_array_equal(found.part[v.name].step(i), v.step(i))
            assert found.part[v.name].step(i).dtype == v.step(i).dtype
    assert KeptSamples.of(found).data_hash == KeptSamples.of(series()).data_hash


@pytest.mark.parametrize("left", [0, 20, 900, -1])
def test_an_order_that_ends_too_early_is_noticed(left):
    stream = io.BytesIO()
    handover.write(stream, ORDER, series())
    with pytest.raises(EOFError, match="ended too early"):
        handover.read(io.BytesIO(stream.getvalue()[:left]))


def test_the_second_that_claims_a_file_is_refused(tmp_path):
    path = tmp_path / "m.stsr"
    with claimed(path):
        with pytest.raises(BlockingIOError, match=f"{path} is being written by another run"), claimed(path):
            pass
        with claimed(tmp_path / "other.stsr"):
            pass
    with claimed(path):
        pass
    assert os.listdir(tmp_path) == []


def test_where_nothing_can_be_written_nothing_is_claimed(tmp_path, monkeypatch):
    """Whoever runs the tests may write everywhere, so that the system's answer is replaced."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with claimed(tmp_path / "m.stsr"):
        assert os.listdir(tmp_path) == []


def test_a_killed_process_gives_its_claim_back(tmp_path):
    path = tmp_path / "m.stsr"
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom stsr_core.model.claim import claimed\n"
        "with claimed(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError), claimed(path):
            pass
        process.send_signal(signal.SIGKILL)
    with claimed(path):
        pass
    assert os.listdir(tmp_path) == []
