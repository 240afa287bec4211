"""A learned codec as a model file: configuration, weights, how it was learned, what a resumed run needs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from stsr_core.imagecodec.network.configuration import CodecConfig, config_of
from stsr_core.imagecodec.network.stereo_codec import DecodingNetworks, StereoCodec
from stsr_core.model import container
from stsr_core.model.container import CheckpointError, Content

CODEC = Content("stereo codec")


@dataclass(frozen=True)
class CodecHeader:
    """What a codec's file says of itself.

    Parameters
    ----------
    config : CodecConfig
    images : dict
        What it was learned from: size, numbers of images, times and views, variables, and a hash of the list.
    history : list of dict
        One entry per finished or unfinished run, as of :class:`~stsr_core.training.session.Snapshot`.
    training : dict or None
        What a resumed run needs, None of a finished one.
    """

    config: CodecConfig
    images: dict[str, Any]
    history: list[dict[str, Any]]
    training: dict[str, Any] | None = None


def save(
    path: str | Path, header: CodecHeader, network: StereoCodec, state: dict[str, torch.Tensor] | None = None
) -> None:
    """Write a codec beside ``path`` and rename it there; ``state`` is of an unfinished run."""
    container.write(path, CODEC, asdict(header), container.with_state(network.state_dict(), state))


def read_header(path: str | Path) -> CodecHeader:
    """Read and check the header alone.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, no codec, or of a newer format.
    """
    return _from_json(path, container.read_header(path, CODEC))


def load(path: str | Path) -> tuple[CodecHeader, StereoCodec]:
    """The codec on the CPU, ready to encode and decode.

    Raises
    ------
    CheckpointError
        As :func:`read_header`, or if the weights do not fit the configuration.
    """
    content, tensors = container.read(path, CODEC)
    header = _from_json(path, content)
    try:
        return header, network_of(header.config, container.without_state(tensors)[0])
    except RuntimeError as error:
        raise CheckpointError(f"{path}: the codec does not fit its own header: {error}") from None


def load_state(path: str | Path) -> dict[str, torch.Tensor]:
    """What an unfinished run needs besides its weights."""
    _, tensors = container.read(path, CODEC)
    return container.without_state(tensors)[1]


def network_of(config: CodecConfig, tensors: dict[str, torch.Tensor]) -> StereoCodec:
    """The codec of some weights, in evaluation mode.

    Raises
    ------
    RuntimeError
        If they are not those of the configuration.
    """
    network = StereoCodec(config)
    network.load_state_dict(tensors)
    return network.eval()


def decoding_networks_of(config: CodecConfig, tensors: dict[str, torch.Tensor]) -> DecodingNetworks:
    """The part of a codec that decoding needs, in evaluation mode; other tensors are left alone.

    Raises
    ------
    RuntimeError
        If they are not those of the configuration.
    """
    networks = DecodingNetworks(config)
    networks.load_state_dict({name: tensors[name] for name in networks.state_dict() if name in tensors})
    return networks.eval()


def _from_json(path: str | Path, values: dict[str, Any]) -> CodecHeader:
    try:
        config = config_of(values["config"])
        return CodecHeader(config, values["images"], values["history"], values["training"])
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: damaged header of a codec: {error}") from None
