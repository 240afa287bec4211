"""Read the two-file checkpoints of the STSR-INR authors' program: weights only, nothing is executed."""

from __future__ import annotations

import io
import pickle
import re
import struct
import warnings
from pathlib import Path
from typing import Any

import torch

from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.stsr_inr import StsrInr
from stsr_core.fields.stsr_inr.partition import axis_blocks
from stsr_core.grid import Grid
from stsr_core.model.checkpoint import CheckpointError, Header
from stsr_core.normalize import Normalization

#: What reading a truncated or altered file ends in, as tried with thousands of them.
_DAMAGED = (
    *(OSError, RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError),
    *(AssertionError, struct.error),
)

#: Their tensor names → those of StsrInr, applied one after another.
_RENAMES = (
    (r"^Modulated_Net\.net\.", "network.modulator."),
    (r"^Synthesis_Net\.net\.", "network.synthesis."),
    (r"^final_layers\.(\d+)\.synthesis_net\.", r"network.heads.\1.synthesis."),
    (r"^final_layers\.(\d+)\.modulator_net\.", r"network.heads.\1.modulator."),
    (r"^final_layers\.(\d+)\.final_layer\.0\.", r"network.heads.\1.last."),
    (r"^final_layers\.(\d+)\.final_layer\.linear\.", r"network.heads.\1.last.linear."),
    (r"\.net\.([01])\.linear\.", r".layers.\1.linear."),
)


def import_official(
    main_path: str | Path,
    latent_path: str | Path,
    domain: Domain | None = None,
    *,
    profile: str = "released",
    modulator_activation: str = "sine",
) -> tuple[StsrInr, Header]:
    """Rebuild a model trained with the authors' program.

    Parameters
    ----------
    main_path : str or Path
        ``STSR-<variables>-<epoch>.pth``: network, optimizer and data set information.
    latent_path : str or Path
        ``Latent--<variables>-<epoch>.pth``: the latent table.
    domain : Domain, optional
        Names, grids, times and value ranges in latent-table order. By default from the file: full grids of
        unit spacing at the origin, steps 1 … T as times, and the range [−1, 1], because their program
        normalises each step and keeps no range.
    profile, modulator_activation : str
        As in :class:`~stsr_core.fields.stsr_inr.StsrInrConfig`; the files do not tell them.

    Returns
    -------
    (StsrInr, Header)
        Ready for :func:`stsr_core.model.checkpoint.save`.

    Raises
    ------
    CheckpointError
        If a file is missing, holds anything but tensors and plain values, or does not fit the network.

    Notes
    -----
    A network of depth d with k heads has 2·(6 + 4d) + 18k tensors: 196 for d = 5, k = 8.
    """
    main, latent = _load(main_path), _load(latent_path)
    weights = _entry(main_path, main, "model_state_dict")
    table = _entry(latent_path, latent, "latent_state_dict")
    mu, log_variance = (_tensor(latent_path, table, key) for key in ("weight_mu", "weight_logvar"))
    if mu.ndim != 2 or mu.shape != log_variance.shape:
        raise CheckpointError(
            f"{latent_path}: weight_mu and weight_logvar must be two tables of one shape, "
            f"found {tuple(mu.shape)} and {tuple(log_variance.shape)}"
        )
    configuration = _configuration(main_path, weights) | {
        "profile": profile,
        "modulator_activation": modulator_activation,
    }
    if domain is None:
        domain = _domain(main_path, _entry(main_path, main, "datasetInfo"))
    if len(domain) != len(mu):
        raise CheckpointError(
            f"{latent_path}: expected one latent vector for each of {', '.join(domain.names)}, "
            f"found {len(mu)}"
        )
    field = StsrInr(domain, **configuration)
    tensors = {_renamed(key): value for key, value in weights.items()}
    try:
        field.load_state_dict(tensors | {"embedding.mu": mu, "embedding.log_variance": log_variance})
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{main_path}: the tensors are not those of an STSR-INR: {reason}") from None
    field.eval()
    history = [{"source": "official STSR-INR checkpoint", "epochs": int(main.get("epoch", 0))}]
    return field, Header(field.kind, field.configuration(), domain, history=history)


def _load(path: str | Path) -> dict[str, Any]:
    try:
        stream = io.BytesIO(Path(path).read_bytes())
    except OSError as error:
        raise CheckpointError(f"{path}: cannot read the checkpoint: {error.strerror or error}") from None
    try:
        with warnings.catch_warnings():
            # What it says of unusual pickles comes with an error, which is answered below.
            warnings.simplefilter("ignore")
            content = torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise CheckpointError(
            f"{path}: expected a PyTorch file of tensors and plain values alone, found a foreign pickle "
            "or code, which is never executed"
        ) from None
    except _DAMAGED:
        raise CheckpointError(
            f"{path}: expected a PyTorch checkpoint, found a damaged or foreign file"
        ) from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: expected a dictionary, found {type(content).__name__}")
    return content


def _entry(path: str | Path, content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict):
        raise CheckpointError(
            f"{path}: expected the entry {key!r}, found {', '.join(map(str, content)) or 'none'}"
        )
    return value


def _tensor(path: str | Path, table: dict[str, Any], key: str) -> torch.Tensor:
    value = table.get(key)
    if not isinstance(value, torch.Tensor):
        raise CheckpointError(
            f"{path}: expected the tensor {key!r}, found {', '.join(map(str, table)) or 'none'}"
        )
    return value


def _renamed(key: str) -> str:
    for pattern, replacement in _RENAMES:
        key = re.sub(pattern, replacement, key)
    return key


def _configuration(path: str | Path, weights: dict[str, Any]) -> dict[str, Any]:
    """What the names and shapes of the tensors tell."""
    widths = [_tensor(path, weights, f"Modulated_Net.net.{i}.linear.weight").shape[0] for i in range(3)]
    blocks = {m[1] for key in weights if (m := re.match(r"Synthesis_Net\.net\.(\d+)\.net\.", key))}
    heads = {m[1] for key in weights if (m := re.match(r"final_layers\.(\d+)\.", key))}
    n_expected = 2 * (6 + 4 * len(blocks)) + 18 * len(heads)
    if not heads or len(heads) & (len(heads) - 1) or len(weights) != n_expected:
        raise CheckpointError(
            f"{path}: expected {n_expected} tensors for {len(blocks)} residual blocks and {len(heads)} heads "
            f"(a power of two), found {len(weights)}"
        )
    return {
        "heads": len(heads),
        "depth": len(blocks),
        "latent_length": _tensor(path, weights, "Modulated_Net.net.0.linear.weight").shape[1],
        "widths": widths,
        "final": "sine" if "final_layers.0.final_layer.linear.weight" in weights else "tanh",
    }


def _domain(path: str | Path, info: dict[str, Any]) -> Domain:
    try:
        ordered = sorted(info.items(), key=lambda item: item[1]["embeddingIndex"])
        return Domain(_variable(str(name), entry) for name, entry in ordered)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise CheckpointError(f"{path}: incomplete data set information: {error!r}") from None


def _variable(name: str, entry: dict[str, Any]) -> VariableDomain:
    x, y, z = (int(n) for n in entry["dim"])
    full = Grid((z, y, x))
    kept = tuple(float(step) for step in entry["train_time_steps"])
    times = tuple(float(step) for step in range(1, int(entry["total_samples"]) + 1))
    coarse = full.every(_scale((x, y, z), entry["reverseBuffer"]))
    return VariableDomain(name, coarse, kept, full, times, Normalization(-1.0, 1.0))


def _scale(dimensions: tuple[int, int, int], partition: dict[str, Any]) -> int:
    """The spatial factor that leads from the volume (X, Y, Z) to the coarse block that was stored."""
    wanted = tuple(int(n) for n in partition["split_dims"])
    n_splits = int(partition["splitTimes"])
    # The output block tells it, unless the model was trained to enlarge all of its data by a fraction.
    told = {full / coarse for full, coarse in zip(partition["HR_split_dims"], wanted, strict=True)}
    whole = [int(ratio) for ratio in told if len(told) == 1 and ratio == int(ratio) and ratio >= 1]
    for scale in (*whole, *range(1, max(dimensions) + 1)):
        blocks = tuple(
            # Their program counts whole strides only, d // scale.
            axis_blocks(max(1, n // scale), (n_splits + 2 - axis) // 3).length
            for axis, n in enumerate(dimensions)
        )
        if blocks == wanted:
            return scale
    raise ValueError(f"no spatial factor turns {dimensions} into blocks of {wanted}")
