"""One file, one sentence when it is not a model, and never a half-written one."""

import errno
import json
import os
import pickle
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch
from models import header_of, small_siren

from stsr_core.model import checkpoint
from stsr_core.model.checkpoint import CheckpointError


@pytest.fixture
def model(tmp_path):
    field = small_siren(("a", "b"))
    path = tmp_path / "model.stsr"
    checkpoint.save(path, header_of(field), field)
    return path


def test_header_and_weights_come_back(model):
    field = small_siren(("a", "b"))
    assert checkpoint.read_header(model) == header_of(field)
    loaded = checkpoint.load(model)
    assert loaded.domain == field.domain
    assert not loaded.training
    for name, tensor in field.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], tensor, rtol=0, atol=0)


def test_training_state_travels_beside_the_weights(model):
    field = small_siren(("a", "b"))
    checkpoint.save(model, replace(header_of(field), training={"step": 3}), field, {"noise": torch.arange(5)})
    assert checkpoint.read_header(model).training == {"step": 3}
    assert checkpoint.load_training_state(model)["noise"].tolist() == [0, 1, 2, 3, 4]
    checkpoint.load(model)


def rewritten(model, change):
    """The same file with another JSON header, as programs write it that know nothing of its checksum."""
    data = model.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    entries = json.loads(data[8 : 8 + length])
    header = json.loads(entries["__metadata__"]["stsr"])
    header.pop("header_checksum", None)
    change(header)
    entries["__metadata__"]["stsr"] = json.dumps(header)
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    model.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def test_a_newer_file_is_refused(model):
    rewritten(model, lambda h: h.update(format_version=99))
    with pytest.raises(CheckpointError, match=r"model.stsr: format version 99 is newer than .* \(1\)"):
        checkpoint.load(model)


def test_a_header_that_does_not_fit_its_tensors_is_refused(model):
    rewritten(model, lambda h: h["configuration"].update(width=64))
    with pytest.raises(CheckpointError, match=r"the model does not fit its own header: .*size mismatch"):
        checkpoint.load(model)
    rewritten(model, lambda h: h["configuration"].update(colour=1))
    with pytest.raises(CheckpointError, match="colour"):
        checkpoint.load(model)
    rewritten(model, lambda h: h.update(variables=[{"name": "a"}]))
    with pytest.raises(CheckpointError, match="damaged model header"):
        checkpoint.load(model)


@pytest.mark.parametrize("keep", [0, 5, 40, 3000, -1])
def test_a_truncated_file_is_refused(model, keep):
    model.write_bytes(model.read_bytes()[:keep])
    with pytest.raises(
        CheckpointError, match=r"model\.stsr: (truncated model: expected|expected a \.stsr model)"
    ):
        checkpoint.load(model)


def test_foreign_files_are_named(tmp_path):
    path = tmp_path / "model.stsr"
    torch.save({"a": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="zip archive"):
        checkpoint.load(path)
    for protocol in (2, 4):
        path.write_bytes(pickle.dumps({"a": [1, 2, 3]}, protocol=protocol))
        with pytest.raises(CheckpointError, match="pickle, which is never loaded"):
            checkpoint.load(path)
    path.write_text("<?xml version='1.0'?><VTKFile/>")
    with pytest.raises(CheckpointError, match="an XML file"):
        checkpoint.load(path)
    path.write_bytes(np.random.default_rng(0).bytes(4000))
    with pytest.raises(CheckpointError, match=r"expected a \.stsr model"):
        checkpoint.load(path)
    with pytest.raises(CheckpointError, match=r"nowhere\.stsr: cannot read the model: No such file"):
        checkpoint.load(tmp_path / "nowhere.stsr")


def test_an_interrupted_write_leaves_the_old_model(model, monkeypatch):
    before = model.read_bytes()

    def fail(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=f"^{model}: cannot write the model: No space left on device$"):
        checkpoint.save(model, header_of(small_siren()), small_siren())
    assert model.read_bytes() == before
    assert os.listdir(model.parent) == ["model.stsr"]
