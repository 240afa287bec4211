"""A model file → the file of one compact network that says the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stsr_core.fields.kinds import COMPACT
from stsr_core.fields.recipe import Recipe
from stsr_core.inference import resolve_device
from stsr_core.model import checkpoint
from stsr_core.model.checkpoint import Header
from stsr_core.threads import bounded_threads
from stsr_core.training import RECIPES
from stsr_core.training.beginning import checked_output, checked_seed, of_length
from stsr_core.training.distillation.distil import distil, saver, settings_of, student
from stsr_core.training.session import Progress, Session


@bounded_threads()
def compact(
    model: str | Path,
    output: str | Path,
    *,
    configuration: dict[str, Any] | None = None,
    recipe: Recipe | None = None,
    minutes: float | None = None,
    epochs: int | None = None,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    resume: bool = False,
    made_by: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Any:
    """Teach one small network what a model says: of a mixture, frames and motion included.

    Nothing but the model is needed. Half of what the network learns from is the model at its kept samples,
    half is the model at random times and positions between them. The network begins as that of a mixture
    has come to be, and the more a rehearsal trusted that the fewer samples are taken between the kept ones.

    Parameters
    ----------
    model : path
        Model file of any field.
    output : path
        Model file of the network, kind ``modulated_siren``, written after two seconds, then about every five
        and at the end. Its history is the model's and one entry more, which tells under ``compact_of`` what
        it was made from and, at the end, the PSNR against that (normalised values, data range 2, dB).
    configuration : dict, optional
        Architecture keywords of the network; by default those of a mixture's own network. A network of
        another form begins untrained.
    recipe : Recipe, optional
        Optimizer settings; by default those of ``modulated_siren``.
    minutes, epochs : float, int, optional
        Length of the run, whichever ends first; an epoch is a pass over the kept samples.
    device, seed
        Where to train; initial weights, order and places.
    overwrite : bool
        Replace an existing ``output``.
    resume : bool
        Go on with the unfinished ``output`` exactly where its last checkpoint stands, with its own settings.
    made_by, on_progress, should_stop : optional
        As for :func:`stsr_core.fit`.

    Returns
    -------
    Field
        On the training device, in evaluation mode.

    Raises
    ------
    ValueError
        On bad settings, before anything is written; with ``resume`` if ``output`` is no unfinished compact
        network of ``model``.
    FileExistsError
        If ``output`` exists, and neither ``overwrite`` nor ``resume`` is set.
    """
    path = Path(output)
    checked_output(path, overwrite or resume)
    source = checkpoint.read_header(model)
    if path.exists() and path.samefile(model):
        raise ValueError(f"the compact network needs a file of its own, got {path} for it and for its model")
    where = resolve_device(device)
    field = checkpoint.load(model, where)
    standing: dict[str, Any] = {}
    if resume:
        unfinished = _unfinished(path, source)
        recipe, seed = Recipe(**unfinished["recipe"]), unfinished["seed"]
        made_by = unfinished.get("made_by")
        network: Any = checkpoint.load(path, where)
        standing = {key: unfinished[key] for key in ("step", "elapsed_seconds")}
        standing["state"] = checkpoint.load_training_state(path)
    else:
        recipe = of_length(recipe or RECIPES[COMPACT], minutes, epochs)
        network = student(field, checked_seed(seed), configuration).to(where)
    session = Session(
        settings_of(network, field, source.history[-1] if source.history else {}, recipe, made_by),
        seed=seed,
        epochs=recipe.epochs,
        minutes=recipe.minutes,
        save=saver(path, network, source, where),
        on_progress=on_progress,
        should_stop=should_stop,
        **standing,
    )
    distil(network, field, recipe, session)
    return network


def _unfinished(output: Path, source: Header) -> dict[str, Any]:
    """Where an unfinished compact network of the model with the header ``source`` stands."""
    header = checkpoint.read_header(output)
    if header.training is None or "compact_of" not in header.training:
        raise ValueError(f"{output}: nothing to resume, it is no unfinished compact network")
    if (header.data_hash, header.history[:-1]) != (source.data_hash, source.history):
        raise ValueError(f"{output}: cannot resume, it is made from another model")
    return header.training
