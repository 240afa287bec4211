"""One motion of variables that move together: found where it is there, stored once, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stsr_core.fields import create
from stsr_core.fields.motion.sharing import alike
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.model.summary import chosen_texts
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit

KEPT = {"temporal_gap": 1, "device": "cpu"}
SHAPE, STEPS = (9, 33, 33), 9


def pattern(seed, speed):
    """Waves in all directions, carried by ``speed`` (z, y, x) nodes a step: (T, Z, Y, X)."""
    draw = np.random.default_rng(seed)
    nodes = np.meshgrid(*(np.arange(n, dtype=float) for n in SHAPE), indexing="ij")
    frames = np.zeros((STEPS, *SHAPE))
    for _ in range(12):
        wave, phase = draw.uniform(-0.35, 0.35, 3), draw.uniform(0, 2 * np.pi)
        for t in range(STEPS):
            place = sum(k * (x - v * t) for k, v, x in zip(wave, speed, nodes, strict=True))
            frames[t] += np.cos(place + phase)
    return frames.astype(np.float32)


def carried():
    """Three quantities that one flow carries, of one pattern, so that each says the same of it."""
    same = pattern(0, (0.0, 0.8, 0.8))
    return {"u": same, "v": 3 + 2 * same, "w": -same}


def opposed():
    """Two variables that move against each other in the same place."""
    return {"p": pattern(0, (0, 0, 0.8)), "q": pattern(1, (0, 0, -0.8))}


def learn(arrays, output=None, kind="motion", **options):
    return fit(VolumeSeries.from_arrays(arrays), output, field=kind, **{**KEPT, **options})


def test_components_that_one_flow_carries_share_it(tmp_path):
    field = learn(carried(), tmp_path / "m.stsr")
    assert field.config.motion_of == {"v": "u", "w": "u"}
    assert "flow_1" not in field.state_dict() and "flow_2" not in field.state_dict()
    inner = field.flow(2)[:, :, 2:-2, 2:-2, 2:-2].float()
    assert inner.mean((0, 2, 3, 4)).tolist() == pytest.approx([0, 1.6, 1.6], abs=0.2), "in two steps"
    assert chosen_texts(checkpoint.read_header(tmp_path / "m.stsr")) == ["u, v, w share one motion"]
    again = checkpoint.load(tmp_path / "m.stsr")
    for name in field.domain.names:
        grid = field.domain.variable(name).full_grid
        found, expected = (evaluate(f, grid, [3.3], name, device="cpu") for f in (again, field))
        np.testing.assert_array_equal(found, expected)


def test_unrelated_variables_keep_their_own():
    field = learn(opposed())
    assert field.config.motion_of == {}
    along = [float(field.flow(i)[:, 2, 2:-2, 2:-2, 2:-2].float().mean()) for i in range(2)]
    assert along[0] > 0.5 > -0.5 > along[1]


def test_those_that_fit_share_and_the_stranger_does_not():
    stranger = pattern(7, (0.0, -0.8, -0.8))
    field = learn({"u": carried()["u"], "stranger": stranger, "v": carried()["v"], "w": carried()["w"]})
    assert field.config.motion_of == {"v": "u", "w": "u"}


def test_never_and_always():
    assert learn(carried(), configuration={"share": "never"}).config.motion_of == {}
    field = learn(opposed(), configuration={"share": "always"})
    assert field.config.motion_of == {"q": "p"}
    assert torch.equal(field.flow(0), field.flow(1))


def test_two_kept_steps_cannot_say_and_keep_their_own():
    two = {name: values[:3] for name, values in carried().items()}
    assert learn(two).config.motion_of == {}


def test_other_nodes_or_times_are_other_groups():
    arrays = carried()
    parts = [
        VolumeSeries.from_arrays({"u": arrays["u"], "v": arrays["v"]}),
        VolumeSeries.from_arrays({"w": arrays["w"]}, times=2.0 * np.arange(STEPS)),
        VolumeSeries.from_arrays({"s": arrays["w"][:, :5]}),
    ]
    assert alike(KeptSamples.read(VolumeSeries.merged(parts)).domain) == [[0, 1]]


def test_a_mixture_shares_too_and_comes_back(tmp_path):
    small = {"network": {"width": 16, "depth": 2, "latent_length": 3}, "rehearsal_steps": 5}
    options = {"configuration": small, "epochs": 1}
    field = learn(carried(), tmp_path / "m.stsr", "mixture", **options)
    header = checkpoint.read_header(tmp_path / "m.stsr")
    assert header.configuration["motion"] == {"motion_of": {"v": "u", "w": "u"}}
    assert chosen_texts(header)[-1] == "u, v, w share one motion"
    again = checkpoint.load(tmp_path / "m.stsr")
    grid = field.domain[0].full_grid
    found, expected = (evaluate(f, grid, [3.3], "w", device="cpu") for f in (again, field))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("motion_of", [{"v": "x"}, {"x": "u"}, {"v": "u", "w": "v"}, {"u": "u"}])
def test_motions_that_are_not_there_are_refused(motion_of):
    domain = KeptSamples.read(VolumeSeries.from_arrays(carried())).domain
    with pytest.raises(
        ValueError, match=r"motion_of must name, for .*, a variable on the same nodes and times"
    ):
        create("motion", domain, {"motion_of": motion_of})
