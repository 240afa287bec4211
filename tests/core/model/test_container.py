"""The container of every kind of model: what is in it comes back, and what has changed is noticed."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from models import header_of, small_siren
from safetensors.torch import save_file

from stsr_core import memory
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint, container
from stsr_core.model.container import CheckpointError, Content

EFFECTIVE = Content("homogenized material")
TENSORS = {
    "stiffness": torch.linspace(-1, 1, 24, dtype=torch.float64).view(2, 3, 4),
    "cells": torch.arange(6),
    "mask": torch.tensor([True, False]),
    "half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "scalar": torch.tensor(3.0),
    "none": torch.empty(0, 3),
}


@pytest.fixture
def material(tmp_path):
    path = tmp_path / "m.stsr"
    container.write(path, EFFECTIVE, {"unit": "GPa", "porosity": [0.1, 0.25]}, TENSORS)
    return path


def test_what_is_no_field_comes_back(material):
    header, tensors = container.read(material, EFFECTIVE)
    assert (header["unit"], header["porosity"], header["content"]) == (
        "GPa",
        [0.1, 0.25],
        "homogenized material",
    )
    assert header == container.read_header(material, EFFECTIVE)
    assert sorted(tensors) == sorted(TENSORS)
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=0)


def test_a_file_larger_than_the_memory_is_mapped_and_never_changed(material, monkeypatch):
    before = material.read_bytes()
    monkeypatch.setattr(memory, "available_memory", lambda: 100)
    monkeypatch.setattr(container, "checksum", lambda tensors: pytest.fail("all of it was read"))
    _, tensors = container.read(material, EFFECTIVE)
    assert sorted(tensors) == sorted(TENSORS)
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=0)
        tensors[name].zero_()
    assert not tensors["stiffness"].any()
    assert material.read_bytes() == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"dtype": "F32"}, "stiffness must have 96 bytes, got 48 to 240"),
        ({"dtype": "F4"}, "damaged model: .F4"),
        ({"shape": [2, 3]}, "stiffness must have 48 bytes, got 48 to 240"),
        ({"shape": "2"}, "damaged model"),
        ({"data_offsets": [-8, 184]}, "192 bytes, got -8 to 184"),
        ({"data_offsets": [0, 10**9]}, "truncated model"),
    ],
)
def test_entries_of_a_mapped_file_that_cannot_be_are_refused(material, monkeypatch, changed, message):
    data = material.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entries = json.loads(data[8 : 8 + length])
    entries["stiffness"] |= changed
    head = json.dumps(entries).encode()
    material.write_bytes(len(head).to_bytes(8, "little") + head + data[8 + length :])
    monkeypatch.setattr(memory, "available_memory", lambda: 100)
    with pytest.raises(CheckpointError, match=rf"^{material}: .*{message}"):
        container.read(material, EFFECTIVE)


def test_other_content_is_refused_in_one_sentence(material, tmp_path):
    words = r"^.*m\.stsr: expected a model that holds a field, found one that holds a homogenized material$"
    for read in (checkpoint.read_header, checkpoint.load, checkpoint.load_training_state):
        with pytest.raises(CheckpointError, match=words):
            read(material)
    field = small_siren()
    checkpoint.save(tmp_path / "f.stsr", header_of(field), field)
    with pytest.raises(CheckpointError, match=r"holds a homogenized material, found one that holds a field$"):
        container.read(tmp_path / "f.stsr", EFFECTIVE)
    save_file({"a": torch.zeros(2)}, tmp_path / "old.stsr", metadata={"stsr": '{"format_version": 1}'})
    with pytest.raises(CheckpointError, match=r"found one that holds something unnamed$"):
        container.read(tmp_path / "old.stsr", EFFECTIVE)


def test_a_newer_version_of_a_content_is_refused(material):
    container.write(material, Content(EFFECTIVE.name, 3), {}, TENSORS)
    with pytest.raises(CheckpointError, match=r"format version 3 is newer than this program reads \(1\)"):
        container.read_header(material, EFFECTIVE)


def test_the_checksum_knows_names_types_shapes_and_values():
    first = container.checksum({"a": torch.zeros(6), "b": torch.ones(2)})
    assert first == container.checksum({"b": torch.ones(2), "a": torch.zeros(6)}), "the order is no matter"
    for other in (
        {"c": torch.zeros(6), "b": torch.ones(2)},
        {"a": torch.zeros(6, dtype=torch.int32), "b": torch.ones(2)},
        {"a": torch.zeros(2, 3), "b": torch.ones(2)},
        {"a": torch.zeros(6), "b": torch.tensor([1.0, 1.0000001])},
        {"a": torch.zeros(6)},
    ):
        assert container.checksum(other) != first


@pytest.fixture
def unfinished(tmp_path):
    """A field in training, whose file holds optimizer state besides the weights."""
    path, field = tmp_path / "f.stsr", small_siren()
    checkpoint.save(path, header_of(field), field, {"others/0/exp_avg": torch.rand(50)})
    return path


def test_every_flipped_bit_of_the_tensors_is_noticed(unfinished):
    data = unfinished.read_bytes()
    first = 8 + int.from_bytes(data[:8], "little")
    draw = np.random.default_rng(0)
    for position in (first, len(data) - 1, *draw.integers(first, len(data), 60)):
        changed = bytearray(data)
        changed[position] ^= 1 << int(draw.integers(8))
        unfinished.write_bytes(changed)
        assert checkpoint.read_header(unfinished).kind == "modulated_siren", "the header alone is still fine"
        for read in (checkpoint.load, checkpoint.load_training_state):
            with pytest.raises(CheckpointError, match=r"f\.stsr: damaged model: expected tensors of SHA-256"):
                read(unfinished)
    unfinished.write_bytes(data)
    checkpoint.load(unfinished)


def test_a_changed_number_of_the_header_is_noticed(unfinished):
    """One that would shift every value or place, and that nothing else contradicts."""
    data = unfinished.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["stsr"]
    assert checkpoint.read_header(unfinished).domain[0].grid.origin == (1.0, 2.0, 3.0)
    changed = header.replace('"origin": [1.0, 2.0, 3.0]', '"origin": [1.0, 2.0, 7.0]')
    assert changed != header
    quoted = (json.dumps(text, ensure_ascii=False).encode() for text in (header, changed))
    unfinished.write_bytes(data.replace(*quoted))
    for read in (checkpoint.read_header, checkpoint.load):
        with pytest.raises(CheckpointError, match="damaged model header: it is not the one that was written"):
            read(unfinished)


def test_any_flipped_bits_end_in_one_sentence_or_in_the_same_weights(unfinished):
    """Some of the header is only told: there a changed letter may pass, a changed weight never."""
    data = unfinished.read_bytes()
    weights = checkpoint.load(unfinished).state_dict()
    draw = np.random.default_rng(1)
    for _ in range(300):
        changed = bytearray(data)
        for position in draw.integers(0, 6000, int(draw.integers(1, 4))):
            changed[position] ^= 1 << int(draw.integers(8))
        unfinished.write_bytes(changed)
        try:
            found = checkpoint.load(unfinished).state_dict()
        except CheckpointError as error:
            assert str(error).startswith(f"{unfinished}: ")
            assert "\n" not in str(error)
        else:
            assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_files_from_before_the_checksum_are_read(tmp_path):
    field = small_siren(("a", "b"))
    header = checkpoint.header_to_json(header_of(field))
    assert not {"content", "checksum"} & set(header), "as they were written then"
    save_file(field.state_dict(), tmp_path / "old.stsr", metadata={"stsr": json.dumps(header)})
    loaded = checkpoint.load(tmp_path / "old.stsr")
    grid = field.domain[0].grid
    np.testing.assert_array_equal(
        *(evaluate(f, grid, [11.0], "b", device="cpu") for f in (loaded, field)),
    )


def test_a_header_is_read_without_torch(unfinished):
    code = (
        "import sys\nfrom stsr_core.model.checkpoint import read_header\n"
        "print(read_header(sys.argv[1]).kind, 'torch' in sys.modules, 'safetensors' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(unfinished)], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["modulated_siren", "False", "False"]
