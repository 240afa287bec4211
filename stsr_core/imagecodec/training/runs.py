"""Learn a codec from a database of images, or go on learning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from stsr_core.imagecodec.images import Images, times_in, variables_in, views_in
from stsr_core.imagecodec.network.configuration import SIZES, config_of
from stsr_core.imagecodec.network.stereo import Pair
from stsr_core.imagecodec.network.stereo_codec import StereoCodec, rate_distortion
from stsr_core.imagecodec.padding import padded_size, to_tensor
from stsr_core.imagecodec.pairs import ImagePair, learned_from, pairs_of, parameters
from stsr_core.imagecodec.training import codec_file
from stsr_core.imagecodec.training.codec_file import CodecHeader
from stsr_core.imagecodec.training.recipe import RECIPES, CodecRecipe
from stsr_core.inference.device import resolve_device
from stsr_core.llvm import keep_triton_out
from stsr_core.model.provenance import versions
from stsr_core.sampling import Shuffle, endless, steps_per_epoch
from stsr_core.threads import bounded_threads
from stsr_core.training.beginning import checked_output, checked_seed, unfinished_run
from stsr_core.training.optimizers import flat_state, load_flat_state
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Progress, Session, Snapshot, State, taken_up

#: Images whose mean colour the decoder begins with.
_FOR_MEAN = 16


@bounded_threads()
def fit(
    images: Images,
    output: str | Path | None = None,
    *,
    method: str = "fcnr",
    size: str = "small",
    configuration: dict[str, Any] | None = None,
    recipe: CodecRecipe | None = None,
    start: str | Path | None = None,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    made_by: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> StereoCodec:
    """Learn a stereo codec from pairs of images.

    Parameters
    ----------
    images : Images
        A database; nothing of it but the images in use is in memory.
    output : path, optional
        Model file, written after two seconds, then about every five and at the end; without it nothing is.
    method : str
        A key of :data:`.configuration.METHODS`.
    size : str
        A key of :data:`.configuration.SIZES`: the published network and recipe, or small ones for a CPU.
    configuration : dict, optional
        Other entries of :class:`~.configuration.CodecConfig`.
    recipe : CodecRecipe, optional
        By default the one of the size.
    start : path, optional
        A learned codec of the same configuration whose weights are begun with, such as one of another
        trade-off, which needs a fraction of the time then. Its runs are part of the new one's history.
    device, seed
        Where to learn; initial weights, order of pairs and noise.
    overwrite : bool
        Replace an existing ``output``.
    made_by : dict, optional
        As for :func:`stsr_core.fit`.
    on_progress, should_stop : callable, optional
        Report about once a second; asked after every step. A stopped run can be resumed.

    Returns
    -------
    StereoCodec
        On the CPU, in evaluation mode.

    Raises
    ------
    ValueError
        On bad settings or images, or a ``start`` of another configuration.
    FileExistsError
        If ``output`` exists and ``overwrite`` is not set.
    CheckpointError
        If ``start`` is no codec.
    """
    if output is not None:
        checked_output(Path(output), overwrite)
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}, got {size!r}")
    config = config_of({**SIZES[size], **(configuration or {}), "method": method})
    recipe = recipe or RECIPES[size]
    torch.manual_seed(checked_seed(seed))
    settings: dict[str, Any] = {"recipe": asdict(recipe), "size": size}
    if made_by:
        settings["made_by"] = made_by
    if start is None:
        network = StereoCodec(config)
        _begin_with_mean(network, images)
    else:
        header, network = codec_file.load(start)
        if header.config != config:
            raise ValueError(f"{start}: is a codec of {header.config}, expected one of {config}")
        settings["earlier"] = header.history
    return _learn(
        network.to(resolve_device(device)),
        images,
        recipe,
        settings,
        output,
        on_progress,
        should_stop,
        seed=seed,
    )


@bounded_threads()
def resume(
    output: str | Path,
    images: Images,
    *,
    device: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> StereoCodec:
    """Go on with an unfinished run exactly where its last checkpoint stands.

    Parameters
    ----------
    output : path
        Its model file, which is written again.
    images : Images
        The database that it was learning from.
    device, on_progress, should_stop
        As for :func:`fit`.

    Returns
    -------
    StereoCodec
        As of :func:`fit`.

    Raises
    ------
    ValueError
        If the run of ``output`` is finished, or ``images`` are not those that it learned from.
    """
    header, network = codec_file.load(output)
    settings, standing = taken_up(unfinished_run(output, header.training))
    if header.images != said_of(images):
        raise ValueError(
            f"{output}: cannot resume, {images.path} does not list the images it was learned from"
        )
    try:
        recipe = CodecRecipe(**settings["recipe"])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{output}: cannot resume its recipe: {error}") from error
    state = codec_file.load_state(output)
    return _learn(
        network.to(resolve_device(device)),
        images,
        recipe,
        settings,
        output,
        on_progress,
        should_stop,
        state=state,
        **standing,
    )


def _learn(
    network: StereoCodec,
    images: Images,
    recipe: CodecRecipe,
    settings: dict[str, Any],
    output: str | Path | None,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
    **standing: Any,
) -> StereoCodec:
    def save(snapshot: Snapshot) -> None:
        run = {**snapshot.history, "versions": versions()}
        runs = [*run.pop("earlier", []), run]
        assert output is not None
        header = CodecHeader(network.config, said_of(images), runs, snapshot.unfinished)
        codec_file.save(output, header, network, snapshot.state)

    session = Session(
        settings,
        epochs=recipe.epochs,
        minutes=recipe.minutes,
        save=None if output is None else save,
        on_progress=on_progress,
        should_stop=should_stop,
        **standing,
    )
    train(network, images, recipe, session)
    # Codecs are used as they are loaded: the last digits depend on the order of the memory.
    return network.cpu().to(memory_format=torch.contiguous_format).eval()


def train(network: StereoCodec, images: Images, recipe: CodecRecipe, session: Session) -> None:
    """Train a codec from where ``session`` stands until it ends."""
    pairs, _ = learned_from(pairs_of(images.records, recipe.pairing), recipe.subset)
    times = times_in(images.records)
    device = next(network.parameters()).device
    shuffles = [Shuffle(len(pairs), session.seed, device)]
    n_steps = steps_per_epoch(shuffles, recipe.batch_pairs)
    keep_triton_out()
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    noise, places = torch.Generator(device), torch.Generator()
    for generator in (noise, places):
        generator.manual_seed(session.seed)
    if session.state is not None:
        noise.set_state(session.state.pop("noise").cpu())
        places.set_state(session.state.pop("places").cpu())
        load_flat_state({"adam": optimizer}, session.state)

    def state() -> State:
        drawn = {"noise": noise.get_state(), "places": places.get_state()}
        return {**flat_state({"adam": optimizer}), **drawn}

    network.to(memory_format=torch.channels_last).train()  # a fifth faster on a CPU
    batches = endless(shuffles, recipe.batch_pairs, session.step)
    for progress in session.steps(n_steps, state):
        chosen = [pairs[i] for i in next(batches)[0].tolist()]
        truth = _batch(images, chosen, recipe.crop, places, device)
        left, right = (
            torch.tensor([parameters(record, times) for record in side], device=device)
            for side in zip(*((pair.left, pair.right) for pair in chosen), strict=True)
        )
        optimizer.param_groups[0]["lr"] = learning_rate(recipe, progress)
        optimizer.zero_grad(set_to_none=True)
        coded = network(truth, left, right, noise)
        error = torch.stack(
            [(found - true).square().mean() for found, true in zip(coded.images, truth, strict=True)]
        ).mean()
        rate_distortion(coded.bits_per_pixel(), 255**2 * error, recipe.trade_off).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.largest_gradient)
        optimizer.step()
        session.record(4 * error, 2 * truth[0].numel())  # as of values in [−1, 1]
    network.eval()


def _batch(
    images: Images, pairs: list[ImagePair], crop: int, places: torch.Generator, device: torch.device
) -> Pair:
    """Left and right images of pairs, (B, 3, H, W) each; crops at places of the pair's own.

    A crop does not see the rest of its image, but a step costs a fourth of one of 256².
    """
    sides: tuple[list[torch.Tensor], list[torch.Tensor]] = ([], [])
    sizes = padded_size(*images.size)
    for pair in pairs:
        cut: list[slice] = []
        for full in sizes:
            length = min(crop or full, full)
            first = int(torch.randint(full - length + 1, (), generator=places))
            cut.append(slice(first, first + length))
        for side, record in zip(sides, (pair.left, pair.right), strict=True):
            side.append(to_tensor(images.read(record))[..., cut[0], cut[1]])
    left, right = (torch.cat(side).to(device).contiguous(memory_format=torch.channels_last) for side in sides)
    return left, right


def _begin_with_mean(network: StereoCodec, images: Images) -> None:
    """Let the decoder give the mean colour of some images from the start: most of a picture is background."""
    every = max(1, len(images.records) // _FOR_MEAN)
    mean = torch.stack([to_tensor(images.read(r)).mean((0, 2, 3)) for r in images.records[::every]]).mean(0)
    last: Any = network.decoder[-1]
    with torch.no_grad():
        last.left.bias.copy_(mean)
        last.right.bias.copy_(mean)


def said_of(images: Images) -> dict[str, Any]:
    """What a codec's file says of the images it was learned from."""
    listed = sorted(record.key for record in images.records)
    return {
        "size": list(images.size),
        "images": len(images.records),
        "times": len(times_in(images.records)),
        "views": len(views_in(images.records)),
        "variables": list(variables_in(images.records)),
        "list": hashlib.sha256(json.dumps(listed).encode()).hexdigest(),
    }
