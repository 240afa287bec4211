"""Products in bfloat16: near the exact ones, taken only where that is near enough, and in training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stsr_core.homogenization import file, prediction
from stsr_core.homogenization.coefficients import random_cells
from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.diffusion import solve
from stsr_core.homogenization.fitting import fit
from stsr_core.homogenization.generation import generate
from stsr_core.homogenization.network import Network
from stsr_core.homogenization.plan import Plan
from stsr_core.homogenization.prediction import predict
from stsr_core.homogenization.recipe import Recipe

COEFFICIENT = random_cells(7, 16)
COARSE = solve(COEFFICIENT, 4) / solve(COEFFICIENT, 4).max()


@pytest.fixture
def multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor that has instructions for bfloat16; without, the same numbers come slower."""
    monkeypatch.setattr(prediction, "multiplies_bfloat16", lambda device: True)


def network(method: str = "nh_csr") -> Network:
    torch.manual_seed(0)
    return Network(Configuration(method=method, preset="tiny", cells=16, coarse=4)).eval()


def shape(of: Network) -> np.ndarray:
    return predict(of, COEFFICIENT, COARSE, 33)


@pytest.mark.parametrize("method", ["nh_csr", "liif"])
def test_rounded_products_change_little_and_leave_no_steps(method: str) -> None:
    one = network(method)
    one.rounds = False
    exact = shape(one)
    one.rounds = True
    rounded = shape(one)
    assert rounded.dtype == np.float32
    change = np.abs(rounded - exact).max()
    assert 0 < change < 0.01 * np.ptp(exact)
    # A last layer in bfloat16, with its 8 binary digits, would have far fewer values than nodes.
    assert len(np.unique(rounded)) > 0.9 * len(np.unique(exact))


@pytest.mark.usefixtures("multiplies")
def test_it_is_rounded_where_that_is_below_a_hundredth_of_the_known_error() -> None:
    never_validated = network()
    exact = shape(never_validated)
    assert never_validated.rounds is False
    good, better = network(), network()
    good.known_error = 1.0
    rounded = shape(good)
    assert good.rounds is True
    change = float(np.square(rounded - exact).mean())
    better.known_error = 1e3 * change  # its root is 32 times the change
    np.testing.assert_array_equal(shape(better), exact)
    assert better.rounds is False


def test_without_such_instructions_nothing_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "multiplies_bfloat16", lambda device: False)
    one = network()
    one.known_error = 1.0
    shape(one)
    assert one.rounds is False


@pytest.mark.usefixtures("multiplies")
def test_training_in_bfloat16_goes_another_way_to_nearly_the_same(tmp_path: Path) -> None:
    plan = Plan(
        maps=4, validation=2, test=0, patterns=False, cells=16, coarse=4, scales=(4.0,), test_scales=(8.0,)
    )
    generate(tmp_path / "maps", plan, processes=1)
    errors = {}
    for precision in ("fp32", "bf16"):
        path = tmp_path / f"{precision}.stsr"
        recipe = Recipe(learning_rate=1e-3, batch=4, iterations=6, validate_every=3, precision=precision)
        learned = fit(tmp_path / "maps", path, configuration={"preset": "tiny"}, recipe=recipe)
        header = file.read_header(path)
        errors[precision] = header.known_error
        # What was learned and what is read from the file know the same error, and decide alike.
        assert learned.rounds is None and learned.known_error == header.known_error > 0
        np.testing.assert_array_equal(shape(file.load(path)), shape(learned))
        assert all(p.dtype == torch.float32 for p in learned.parameters())
    assert errors["bf16"] != errors["fp32"]
    assert errors["bf16"] == pytest.approx(errors["fp32"], rel=0.05)


def test_a_precision_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="precision must be one of fp32, bf16, got 'fp16'"):
        Recipe(precision="fp16")
