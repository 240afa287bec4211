"""A network in place of the database, as large as a number of bits per pixel allows: learned and measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import torch
from torch import nn

from stsr_core.imagecodec.bitstream.weights import packed, rounded
from stsr_core.imagecodec.evaluation.image_networks import DisentangledNetwork, ImageNetwork
from stsr_core.imagecodec.evaluation.quality import quality
from stsr_core.imagecodec.evaluation.rates import RatePoint
from stsr_core.imagecodec.images import Images, Record, times_in
from stsr_core.imagecodec.padding import to_image, to_tensor
from stsr_core.imagecodec.pairs import parameters
from stsr_core.imagecodec.training.recipe import CodecRecipe
from stsr_core.llvm import keep_triton_out
from stsr_core.sampling import Shuffle, endless, steps_per_epoch
from stsr_core.threads import bounded_threads
from stsr_core.training.optimizers import flat_state
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Progress, Session

#: Bits that a weight is stored in.
WEIGHT_BITS = 8
IMAGES_PER_STEP = 4


#: Method → its name in tables, and its network of a width and the size of images.
NETWORKS: dict[str, tuple[str, Callable[[int, tuple[int, int]], nn.Module]]] = {
    "nerv": ("NeRV", ImageNetwork),
    "enerv": ("E-NeRV", DisentangledNetwork),
}


def width_for(bits_per_pixel: float, n_images: int, size: tuple[int, int], method: str = "nerv") -> int:
    """The largest even width whose weights, of 8 bits, take no more than so many bits per pixel.

    ``method`` is a key of :data:`NETWORKS`.

    Raises
    ------
    ValueError
        If the smallest network, of width 4, takes more; names what it takes.
    """
    allowed = bits_per_pixel * n_images * size[0] * size[1] / WEIGHT_BITS
    width, least = 4, _n_weights(4, size, method)
    if least > allowed:
        raise ValueError(
            f"bits_per_pixel must be >= {bits_per_pixel * least / allowed:.3g} for {n_images} images of this "
            f"size, got {bits_per_pixel:g}"
        )
    while _n_weights(width + 2, size, method) <= allowed:
        width += 2
    return width


def _n_weights(width: int, size: tuple[int, int], method: str) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in NETWORKS[method][1](width, size).parameters())


@bounded_threads()
def nerv(
    images: Images,
    bits_per_pixel: float,
    minutes: float,
    method: str = "nerv",
    *,
    seed: int = 0,
    lpips: bool = True,
    on_progress: Callable[[Progress], None] | None = None,
) -> RatePoint:
    """Learn a network of all images, round its weights, and measure it.

    Parameters
    ----------
    images : Images
    bits_per_pixel : float
        What its weights may take, at 8 bits each.
    minutes : float
        To learn.
    method : str
        A key of :data:`NETWORKS`.
    seed, lpips, on_progress
        Of weights and the order of images; as of :func:`.quality.quality`; called with the run's progress.
    """
    name, build = NETWORKS[method]
    torch.manual_seed(seed)
    network = build(width_for(bits_per_pixel, len(images.records), images.size, method), images.size)
    recipe = CodecRecipe(learning_rate=2e-3, schedule="cosine", warm_up=0.05, minutes=minutes)
    session = Session({"recipe": asdict(recipe)}, seed=seed, minutes=minutes, on_progress=on_progress)
    train(network, images, replace(recipe, batch_pairs=IMAGES_PER_STEP), session)
    stored = packed(network.state_dict(), WEIGHT_BITS)
    network.load_state_dict(rounded(network.state_dict(), WEIGHT_BITS))
    times = times_in(images.records)

    @torch.inference_mode()
    def read(record: Record) -> np.ndarray:
        return to_image(network(torch.tensor([parameters(record, times)])), images.size)

    measured, decoding = quality(images, images.records, read, lpips)
    height, width = images.size
    n_images = len(images.records)
    return RatePoint(
        name,
        f"{bits_per_pixel:g} bpp",
        measured,
        n_images,
        n_images * height * width,
        0,
        len(stored),
        learning_seconds=session.elapsed_seconds,
        encoding_seconds=0.0,
        decoding_seconds=decoding,
    )


def train(network: nn.Module, images: Images, recipe: CodecRecipe, session: Session) -> None:
    """Train on the squared error of whole images; ``recipe.batch_pairs`` are images here."""
    records, times = images.records, times_in(images.records)
    shuffles = [Shuffle(len(records), session.seed, torch.device("cpu"))]
    keep_triton_out()
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    network.train()
    batches = endless(shuffles, recipe.batch_pairs, session.step)
    n_steps = steps_per_epoch(shuffles, recipe.batch_pairs)
    for progress in session.steps(n_steps, lambda: flat_state({"adam": optimizer})):
        chosen = [records[i] for i in next(batches)[0].tolist()]
        truth = torch.cat([to_tensor(images.read(record)) for record in chosen])
        places = torch.tensor([parameters(record, times) for record in chosen])
        optimizer.param_groups[0]["lr"] = learning_rate(recipe, progress)
        optimizer.zero_grad(set_to_none=True)
        error = (network(places) - truth).square().mean()
        error.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.largest_gradient)
        optimizer.step()
        session.record(4 * error, truth.numel())
    network.eval()
