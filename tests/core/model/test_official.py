"""Import of the authors' two-file checkpoints, from synthetic files with their names and shapes."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stsr_core.coordinates import Domain
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.model.official import import_official

WIDTHS = (64, 128, 256)


def official_tensors(heads: int = 8, depth: int = 5, sine_output: bool = False) -> dict[str, torch.Tensor]:
    """Names and shapes as in the table of the specification, small random values."""
    shapes: dict[str, tuple[int, int]] = {}
    for net, n_in in (("Modulated_Net", 256), ("Synthesis_Net", 4)):
        for i, (a, b) in enumerate(zip((n_in, 64, 128), WIDTHS, strict=True)):
            shapes[f"{net}.net.{i}.linear"] = (b, a)
        for i in range(3, 3 + depth):
            for j in range(2):
                shapes[f"{net}.net.{i}.net.{j}.linear"] = (256, 256)
    for head in range(heads):
        for net in ("synthesis_net", "modulator_net"):
            for j in range(2):
                shapes[f"final_layers.{head}.{net}.0.net.{j}.linear"] = (256, 256)
            shapes[f"final_layers.{head}.{net}.1.linear"] = (128, 256)
            shapes[f"final_layers.{head}.{net}.2.linear"] = (64, 128)
        shapes[f"final_layers.{head}.final_layer.{'linear' if sine_output else '0'}"] = (1, 64)
    tensors = {}
    for name, shape in shapes.items():
        tensors[f"{name}.weight"] = torch.randn(shape) / (10 * shape[1] ** 0.5)
        tensors[f"{name}.bias"] = torch.randn(shape[0]) / 20
    return tensors


def data_set(
    index: int, dim: list[int], total: int, scale: int, interval: int, n_splits: int
) -> dict[str, Any]:
    split = [d // scale for d in dim]
    for j in range(n_splits):
        split[j % 3] = (split[j % 3] + 1) // 2
    return {
        "dim": dim,
        "total_samples": total,
        "data_path": "./Data/x-",
        "train_time_steps": list(range(1, total + 1, interval + 1)),
        "total_time_steps": list(range(1, total + 1)),
        "embeddingIndex": index,
        "reverseBuffer": {
            "split_dims": split,
            "split_axis_order": [j % 3 for j in range(n_splits)][::-1],
            "splitTimes": n_splits,
            "complemtAxis": [-1] * (3 * n_splits),
            "HR_split_dims": [scale * n for n in split],
        },
    }


def write(
    folder: Path, tensors: dict[str, torch.Tensor], info: dict[str, Any], mu: torch.Tensor
) -> tuple[Path, Path]:
    main, latent = folder / "STSR-a-b-600.pth", folder / "Latent--a-b-600.pth"
    torch.save(
        {
            "model_name": "STSR-INR",
            "epoch": 600,
            "model_state_dict": tensors,
            "optimizer": {"state": {}, "param_groups": [{"lr": 1e-5, "betas": (0.9, 0.999)}]},
            "cur_lr": 1e-5,
            "datasetInfo": info,
        },
        main,
    )
    table = {"weight_mu": mu, "weight_logvar": torch.full_like(mu, 1e-3)}
    torch.save({"latent_state_dict": table, "latent_optimizer": {"state": {}}}, latent)
    return main, latent


def two_variables(n_splits: int = 3) -> dict[str, Any]:
    """Listed against their latent order, with different sizes, scales and intervals."""
    return {
        "ionization_PD": data_set(1, [12, 8, 16], 7, 2, 1, n_splits),
        "ionization_H+": data_set(0, [16, 12, 20], 9, 4, 3, n_splits),
    }


def literal_forward(
    tensors: dict[str, torch.Tensor], coordinates: torch.Tensor, latent: torch.Tensor, heads: int
) -> torch.Tensor:
    """The forward pass of the specification written out over their tensor names (released factors)."""

    def sine(name: str, x: torch.Tensor, omega: float) -> torch.Tensor:
        return torch.sin(omega * (x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]))

    def stage(prefix: str, x: torch.Tensor, omega: float) -> torch.Tensor:
        if f"{prefix}.net.0.linear.weight" not in tensors:
            return sine(f"{prefix}.linear", x, omega)
        inner = sine(f"{prefix}.net.0.linear", x, 30.0)
        return 0.5 * (x + sine(f"{prefix}.net.1.linear", inner, 30.0))

    m, h = stage("Modulated_Net.net.0", latent, 5.0), stage("Synthesis_Net.net.0", coordinates, 5.0)
    for i in range(1, 8):
        h = stage(f"Synthesis_Net.net.{i}", h * m, 5.0)
        m = stage(f"Modulated_Net.net.{i}", m, 5.0)
    outputs = []
    for head in range(heads):
        own_h, own_m, prefix = h, m, f"final_layers.{head}"
        for i in range(3):
            own_h = stage(f"{prefix}.synthesis_net.{i}", own_h * own_m, 30.0)
            own_m = stage(f"{prefix}.modulator_net.{i}", own_m, 30.0)
        last = own_h * own_m @ tensors[f"{prefix}.final_layer.0.weight"].T
        outputs.append(torch.tanh(last + tensors[f"{prefix}.final_layer.0.bias"]))
    return torch.cat(outputs, -1)


def test_a_published_pair_becomes_a_model_file(tmp_path: Path) -> None:
    tensors, mu = official_tensors(), torch.randn(2, 256) / 3
    assert len(tensors) == 196
    field, header = import_official(*write(tmp_path, tensors, two_variables(), mu))
    assert header.domain.names == ("ionization_H+", "ionization_PD")
    first, second = header.domain
    assert first.full_grid.shape == (20, 12, 16) and first.grid.shape == (5, 3, 4)
    assert first.times == (1.0, 5.0, 9.0) and first.full_times == tuple(map(float, range(1, 10)))
    assert second.grid.shape == (8, 4, 6) and len(second.times) == 4
    assert (first.normalization.low, first.normalization.high) == (-1.0, 1.0)
    assert torch.equal(field.latent("ionization_PD"), mu[1])
    assert header.history[0]["epochs"] == 600

    checkpoint.save(tmp_path / "model.stsr", header, field)
    again = checkpoint.load(tmp_path / "model.stsr")
    values = evaluate(again, Grid((20, 12, 16)), [1.0, 4.0], "ionization_H+", device="cpu")
    # Local full node (6, 5, 3) at t = 4 of 9. Blocks start at −4 and 8 (z), −4 and 4 (y), 0 and 8 (x),
    # because 5 and 3 coarse nodes are padded by one at the low end.
    row = torch.tensor([[-0.25, 2 * 6 / 11 - 1, 2 * 5 / 7 - 1, 2 * 3 / 7 - 1]])
    expected = literal_forward(tensors, row, mu[:1], 8)[0]
    found = [values[1, z, y, x] for x in (3, 11) for y in (1, 9) for z in (2, 14)]
    np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-5)


def test_one_head_with_a_sine_output(tmp_path: Path) -> None:
    tensors = official_tensors(heads=1, sine_output=True)
    assert len(tensors) == 70
    info = {"Cylinder_160": data_set(0, [8, 8, 8], 5, 2, 1, 0)}
    field, header = import_official(*write(tmp_path, tensors, info, torch.randn(1, 256)), profile="paper")
    assert header.configuration["heads"] == 1
    assert header.configuration["final"] == "sine"
    assert header.configuration["profile"] == "paper"
    assert field.network.heads[0].last.omega == 5.0


def test_depth_is_read_from_the_names(tmp_path: Path) -> None:
    paths = write(tmp_path, official_tensors(heads=2, depth=0), two_variables(1), torch.randn(2, 256))
    assert import_official(*paths)[1].configuration["depth"] == 0


def test_a_fractional_enlargement_keeps_all_nodes(tmp_path: Path) -> None:
    info = {"Vortex_Scalar": data_set(0, [16, 16, 16], 5, 1, 0, 3)}
    info["Vortex_Scalar"]["reverseBuffer"]["HR_split_dims"] = [int(1.75 * 8)] * 3
    _, header = import_official(*write(tmp_path, official_tensors(), info, torch.randn(1, 256)))
    assert header.domain[0].grid == header.domain[0].full_grid == Grid((16, 16, 16))


def test_a_domain_can_be_given(tmp_path: Path) -> None:
    paths = write(tmp_path, official_tensors(), two_variables(), torch.randn(2, 256))
    given = Domain(reversed(import_official(*paths)[1].domain))
    field, header = import_official(*paths, given)
    assert field.domain is given and header.domain.names == ("ionization_PD", "ionization_H+")


class _Code:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("executed",))


def test_code_in_a_file_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main, latent = write(tmp_path, official_tensors(1, 0), two_variables(0), torch.randn(2, 256))
    torch.save({"model_state_dict": _Code()}, main)
    with pytest.raises(checkpoint.CheckpointError, match="which is never executed"):
        import_official(main, latent)
    main.write_bytes(pickle.dumps(_Code()))
    with pytest.raises(checkpoint.CheckpointError, match=r"STSR-a-b-600\.pth: expected a PyTorch"):
        import_official(main, latent)
    assert capsys.readouterr().out == ""


def test_bad_files_get_one_sentence(tmp_path: Path) -> None:
    good = official_tensors(1, 1)
    info, mu = {"a_b": data_set(0, [8, 8, 8], 5, 2, 1, 0)}, torch.randn(1, 256)

    def refused(message: str, **changed: Any) -> None:
        main, latent = write(tmp_path, **({"tensors": good, "info": info, "mu": mu} | changed))
        with pytest.raises(checkpoint.CheckpointError, match=message) as caught:
            import_official(main, latent)
        assert "\n" not in str(caught.value)

    refused(
        "expected one latent vector for each of a_b, found 3",
        mu=torch.randn(3, 256),
    )
    refused(
        "expected 38 tensors for 1 residual blocks and 1 heads",
        tensors={k: v for k, v in good.items() if k != "final_layers.0.final_layer.0.bias"},
    )
    refused(
        "the tensors are not those of an STSR-INR",
        tensors=good | {"Synthesis_Net.net.1.linear.bias": torch.zeros(3)},
    )
    refused("expected the tensor 'Modulated_Net.net.0.linear.weight', found other", tensors={"other": mu})
    refused("incomplete data set information: KeyError", info={"a_b": {"embeddingIndex": 0}})

    main, latent = write(tmp_path, good, info, mu)
    with pytest.raises(
        checkpoint.CheckpointError, match="expected the entry 'model_state_dict', found latent_"
    ):
        import_official(latent, latent)
    with pytest.raises(checkpoint.CheckpointError, match="cannot read the checkpoint: No such file"):
        import_official(tmp_path / "absent.pth", latent)
    with pytest.raises(checkpoint.CheckpointError, match="cannot read the checkpoint: Is a directory"):
        import_official(tmp_path, latent)
    for content in (b"", b"not a checkpoint", main.read_bytes()[:5000]):
        (tmp_path / "bad.pth").write_bytes(content)
        with pytest.raises(checkpoint.CheckpointError, match=r"bad\.pth: expected a PyTorch"):
            import_official(tmp_path / "bad.pth", latent)
