"""Every kind of field, one row each: the only list of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from stsr_core.checks import axis_letters
from stsr_core.coordinates import Domain
from stsr_core.fields.kind import Kind
from stsr_core.fields.recipe import Recipe

_STSR_INR = Recipe("adam", 1e-5, (0.9, 0.999), 1e-6, 8000, "constant", 0.0, epochs=600)
_SPATIME_INR = Recipe("muon", 1e-3, (0.9, 0.99), 0.0, 4096, "cosine", 0.05, minutes=1.0)
# A row of a step is a box of a frame, or of a few.
_RIVAL = Recipe("adam", 2e-3, (0.9, 0.999), 0.0, 1, "cosine", 0.05, minutes=1.0)
_REGISTRATION = Recipe("adam", 3e-3, (0.9, 0.999), 0.0, 1, "cosine", 0.05, minutes=1.0)

#: kind → its row.
KINDS = {
    "modulated_siren": Kind(
        "stsr_core.fields.modulated_siren",
        "ModulatedSiren",
        "modulated SIREN",
        Recipe("muon", 1e-3, (0.9, 0.99), 0.0, 2048, "cosine", 0.05, minutes=3.0),
        latent_vectors=True,
    ),
    "stsr_inr": Kind(
        "stsr_core.fields.stsr_inr",
        "StsrInr",
        "STSR-INR",
        _STSR_INR,
        {"released": _STSR_INR, "paper": _STSR_INR},
        latent_vectors=True,
    ),
    "coordnet": Kind(
        "stsr_core.fields.coordnet",
        "CoordNet",
        "CoordNet",
        Recipe("adam", 1e-5, (0.9, 0.999), 1e-6, 32000, "constant", 0.0, epochs=400),
    ),
    "spatime_inr": Kind(
        "stsr_core.fields.spatime_inr",
        "SpatimeInr",
        "SpatimeINR",
        _SPATIME_INR,
        {
            "fast": _SPATIME_INR,
            "stable": Recipe("adam", 1e-3, (0.9, 0.999), 1e-6, 2048, "linear", 0.1, minutes=3.0),
            # An epoch of these two has a thousand steps.
            "paper": Recipe("adam", 2e-3, (0.9, 0.999), 1e-6, 2048, "linear", 0.0, epochs=20),
        },
        trainer="stsr_core.training.spatime_inr",
        latent_vectors=True,
    ),
    "cunerf": Kind(
        "stsr_core.fields.cunerf",
        "CuNerf",
        "CuNeRF",
        # An epoch has a thousand steps of one frame each.
        Recipe("adam", 2e-3, (0.9, 0.999), 0.0, 1024, "log_linear", 0.05, epochs=20),
        trainer="stsr_core.training.cunerf",
    ),
    "arssr": Kind("stsr_core.fields.arssr", "Arssr", "ArSSR", _RIVAL, trainer="stsr_core.training.arssr"),
    "saint": Kind("stsr_core.fields.saint", "Saint", "SAINT", _RIVAL, trainer="stsr_core.training.saint"),
    "svin": Kind("stsr_core.fields.svin", "Svin", "SVIN", _RIVAL, trainer="stsr_core.training.svin"),
    "voxelmorph": Kind(
        "stsr_core.fields.registration",
        "VoxelMorph",
        "VoxelMorph",
        _REGISTRATION,
        # An epoch has a hundred steps of one pair of frames each.
        {
            "fast": _REGISTRATION,
            "paper": Recipe("adam", 1e-4, (0.9, 0.999), 0.0, 1, "constant", 0.0, epochs=1500),
        },
        trainer="stsr_core.training.registration",
    ),
    "uvi_net": Kind(
        "stsr_core.fields.registration",
        "UviNet",
        "UVI-Net",
        _REGISTRATION,
        {
            "fast": _REGISTRATION,
            "paper": Recipe("amsgrad", 2e-4, (0.9, 0.999), 0.0, 1, "constant", 0.0, epochs=180),
        },
        trainer="stsr_core.training.registration",
    ),
    "tricubic_linear": Kind(
        "stsr_core.fields.interpolation", "TricubicLinear", "tricubic + linear", has_gaps=True
    ),
    "cubic": Kind("stsr_core.fields.interpolation", "Cubic", "4D cubic", has_gaps=True),
    "b_spline": Kind("stsr_core.fields.interpolation", "BSpline", "smoothing spline", has_gaps=True),
    "nearest": Kind("stsr_core.fields.interpolation", "Nearest", "nearest", has_gaps=True),
    "stnet": Kind(
        "stsr_core.fields.stnet",
        "STNet",
        "STNet",
        # Its rows are crops of sequences; the full data of the first fifth of the steps is seen.
        Recipe("adam", 1e-4, (0.9, 0.999), 0.0, 1, "constant", 0.0, epochs=649),
        trainer="stsr_core.training.stnet",
        kept_samples_suffice=False,
    ),
    "motion": Kind("stsr_core.fields.motion.field", "Motion", "motion", has_gaps=True, may_close=True),
    "mixture": Kind(
        "stsr_core.fields.mixture.field",
        "Mixture",
        "mixture",
        Recipe("muon", 1e-3, (0.9, 0.99), 0.0, 2048, "cosine", 0.05, minutes=1.0),
        trainer="stsr_core.training.mixture",
        latent_vectors=True,
        between="between variables: the mean of what is shown of each, corrected by the network",
        has_gaps=True,
        may_close=True,
        reads_frames=True,
    ),
    "baked": Kind("stsr_core.fields.baked", "Baked", "baked", made_by="stsr bake"),
}


#: Kinds that are fitted to data; the others are made of models.
FITTED = tuple(name for name, row in KINDS.items() if not row.made_by)
#: The kind of the one network that a compact model is.
COMPACT = "modulated_siren"
#: The word for the kind that suits any data: the mixture takes of motion, splines and network what serves.
AUTO = "auto"
#: Words for a kind with some of its settings: word → kind, configuration. "anchored" is a network that the
#: kept samples and a rehearsal hold, so that it is no worse than the spline it stands on; "dyninr" is
#: the network of SpatimeINR over coordinates alone.
WORDS: dict[str, tuple[str, dict[str, Any]]] = {
    AUTO: ("mixture", {}),
    "anchored": ("mixture", {"still": True}),
    "dyninr": ("spatime_inr", {"profile": "stable", "rendering": "none", "cycle": False, "latent": False}),
}


def named(kind: str) -> str:
    """The kind that a user's word means.

    Examples
    --------
    >>> named("auto"), named("cubic")
    ('mixture', 'cubic')
    """
    return WORDS[kind][0] if kind in WORDS else kind


def preset(kind: str) -> dict[str, Any]:
    """The configuration that a user's word brings.

    Examples
    --------
    >>> preset("anchored"), preset("cubic")
    ({'still': True}, {})
    """
    return dict(WORDS[kind][1]) if kind in WORDS else {}


def kind_of(kind: str) -> Kind:
    """The row of a kind.

    Raises
    ------
    ValueError
        If the kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"field must be one of {', '.join([*WORDS, *FITTED])}, got {kind!r}")
    return KINDS[kind]


def fitted_kind(kind: str) -> Kind:
    """The row of a kind that is fitted to data; ValueError for one that is not, or unknown."""
    row = kind_of(kind)
    if row.made_by:
        raise ValueError(
            f"field must be one that is fitted, got {kind}, which `{row.made_by}` makes of a model"
        )
    return row


def periodic_entry(kind: str, axes: str) -> dict[str, str]:
    """The entry of a kind's configuration for axes that close on themselves; none where there are none.

    Parameters
    ----------
    kind : str
    axes : str
        As for :func:`stsr_core.checks.axis_letters`.

    Raises
    ------
    ValueError
        If the kind has no such entry, or ``axes`` names none.

    Examples
    --------
    >>> periodic_entry("motion", "x,z"), periodic_entry("cubic", "")
    ({'periodic': 'zx'}, {})
    """
    if not axes:
        return {}
    if not kind_of(named(kind)).may_close:
        able = " and ".join(name for name, row in KINDS.items() if row.may_close)
        raise ValueError(f"periodic axes belong to {able}, got {axes!r} with {kind}")
    return {"periodic": axis_letters(axes)}


def field_class(kind: str) -> Any:
    """The class of a field kind; ValueError if the kind is unknown."""
    row = kind_of(kind)
    return getattr(import_module(row.module), row.class_name)


class UnknownEntry(ValueError, TypeError):
    """An entry of a configuration that the field does not know: a bad value, and an unexpected keyword."""


def create(kind: str, domain: Domain, configuration: dict[str, Any] | None = None) -> Any:
    """A new, untrained field.

    Raises
    ------
    ValueError
        If the kind, or an entry of the configuration, is unknown or out of range.
    """
    try:
        return field_class(kind)(domain, **(configuration or {}))
    except TypeError as error:
        raise UnknownEntry(f"{kind}: {error}") from error
    except (RuntimeError, OverflowError) as error:  # a network that no memory could hold
        raise ValueError(f"{kind}: {error}") from error
