"""What is larger than the memory: it lies in a file that nobody sees, and gives the same numbers."""

import gc
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stsr_core import memory, scratch
from stsr_core.fields import create
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.model.checkpoint import Header
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/maps")


@pytest.fixture
def scarce(monkeypatch, tmp_path):
    """Next to no memory is free; scratch files go into an empty folder."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(scratch, "scratch_folder", lambda: str(folder))
    monkeypatch.setattr(memory, "available_memory", lambda: 100)
    return folder


def mapped_files(folder: Path) -> int:
    """Files below a folder that this process has mapped, those without a name among them."""
    gc.collect()
    return Path("/proc/self/maps").read_text().count(str(folder))


def waves(n_steps=9, n=12) -> VolumeSeries:
    t, z, y, x = np.meshgrid(np.arange(n_steps), *[np.arange(n)] * 3, indexing="ij")
    return VolumeSeries.from_arrays({"a": np.sin(0.5 * (x - 0.4 * t) + 0.2 * y * z / n).astype(np.float32)})


@linux
def test_what_is_large_lies_in_a_file_without_a_name_that_ends_with_it(scarce):
    small, large = scratch.empty((2, 3)), scratch.empty((4, 100), torch.float16)
    assert mapped_files(scarce) == 1
    assert list(scarce.iterdir()) == []
    assert (large.shape, large.dtype, small.shape) == ((4, 100), torch.float16, (2, 3))
    large.copy_(torch.arange(400).view(4, 100))
    assert large[3, 99] == 399
    part = large[1:]
    del large
    assert mapped_files(scarce) == 1, "a part of it is still in use"
    del part
    assert mapped_files(scarce) == 0


@linux
def test_nothing_is_left_after_an_error(scarce):
    values = np.ones((3, 4, 4, 4), np.float32)
    values[2] = np.nan
    with pytest.raises(ValueError, match=r"step 2 .* has 64 NaN") as raised:
        KeptSamples.read(VolumeSeries.from_arrays({"a": values}))
    assert mapped_files(scarce) == 1, "the traceback holds it"
    del raised
    assert mapped_files(scarce) == 0
    assert list(scarce.iterdir()) == []


def test_without_room_on_the_disk_it_is_said(scarce, monkeypatch):
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda folder: type("", (), {"free": 1024}))
    with pytest.raises(MemoryError, match=r"^values of 3\.\d KiB fit neither in memory nor in .*set TMPDIR"):
        scratch.empty((1000,))


@pytest.mark.parametrize("kind", ["motion", "cubic"])
def test_samples_in_a_file_give_the_same_model(kind, tmp_path, request):
    headers, states = [], []
    for name in ("memory", "file"):
        if name == "file":
            request.getfixturevalue("scarce")
        path = tmp_path / f"{name}.stsr"
        fit(waves(), path, field=kind, spatial_factor=2, temporal_gap=1, device="cpu")
        header = checkpoint.read_header(path)
        headers.append(replace(header, history=[{**run, "seconds": 0.0} for run in header.history]))
        states.append(checkpoint.load(path).state_dict())
    assert headers[0] == headers[1]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_network_learns_the_same_from_a_file(request):
    settings = {"spatial_factor": 2, "temporal_gap": 1, "device": "cpu", "epochs": 2}
    settings["configuration"] = {"width": 8, "depth": 2}
    expected = fit(waves(), field="modulated_siren", **settings).state_dict()
    request.getfixturevalue("scarce")
    found = fit(waves(), field="modulated_siren", **settings).state_dict()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@linux
def test_one_step_of_a_mapped_model_reads_a_few_of_its_frames(tmp_path, monkeypatch):
    kept = KeptSamples.read(waves(40, 40))
    field = create("motion", kept.domain)
    field.frames_0, field.flow_0 = kept.values[0], torch.rand(39, 3, 40, 40, 40).half()
    field.weights[0, 2:] = 0.5  # motion alone: a spline in time needs some twenty frames
    path = tmp_path / "m.stsr"
    checkpoint.save(path, Header("motion", field.configuration(), kept.domain), field)
    grid = kept.domain[0].grid
    with monkeypatch.context() as patch:
        patch.setattr(memory, "available_memory", lambda: 100)
        mapped = checkpoint.load(path)
    found = evaluate(mapped, grid, [20.3], "a", device="cpu")
    np.testing.assert_array_equal(found, evaluate(field, grid, [20.3], "a", device="cpu"))
    assert 0 < resident_bytes(path) < path.stat().st_size / 5
    del mapped
    assert mapped_files(path) == 0


def resident_bytes(path: Path) -> int:
    """Bytes of a mapped file that this process has looked at."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    total = 0
    for line in lines:
        if line.endswith(str(path)):
            total += next(1024 * int(entry.split()[1]) for entry in lines if entry.startswith("Rss:"))
    return total
