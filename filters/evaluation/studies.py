"""The studies of the paper as lists of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any

from stsr_core.fields.kinds import KINDS
from stsr_filters.evaluation.settings import Case, Study

#: name → (title, explanation, parameter, (label, setting, configuration) of each case).
_VARIANTS: dict[str, tuple[str, str, str, tuple[tuple[str, float | None, dict[str, Any]], ...]]] = {
    "heads": (
        "Number of heads",
        "STSR-INR with one output per block of the volume; one pass over the kept samples takes fewer "
        "network evaluations the more heads there are (Table 5 and Figure 10 of the paper).",
        "heads",
        tuple((f"{k} heads" if k > 1 else "1 head", k, {"heads": k}) for k in (1, 4, 8, 16, 64)),
    ),
    "depth": (
        "Network depth",
        "STSR-INR with d residual blocks in each of its two bodies (Table 1 and Figure 1 of the appendix).",
        "d",
        tuple((f"d = {d}", d, {"depth": d}) for d in (0, 5, 10)),
    ),
    "latent": (
        "Length of the latent vectors",
        "STSR-INR with latent vectors of l entries (Table 2 and Figure 2 of the appendix).",
        "l",
        tuple((f"l = {n}", n, {"latent_length": n}) for n in (64, 256, 512, 1024)),
    ),
    "modulator": (
        "Activation of the modulator",
        "STSR-INR with sine or ReLU layers in the network that the latent vector passes through (Table 3 and "
        "Figure 3 of the appendix).",
        "activation",
        tuple((label, None, {"modulator_activation": label.lower()}) for label in ("ReLU", "Sine")),
    ),
    "embedding": (
        "Auto-decoder or variational auto-decoder",
        "STSR-INR with plain latent vectors (AD) and with noise and a divergence term (VAD) (Table 6).",
        "scheme",
        (("AD", None, {"variational": False}), ("VAD", None, {"variational": True})),
    ),
}
#: Rows of the study of living cells: SpatimeINR as it is by default, and its published parts, one more each.
_PARTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("SpatimeINR, fast", {}),
    ("coordinates alone", {"rendering": "none", "cycle": False, "latent": False}),
    ("+ rendering", {"cycle": False, "latent": False}),
    ("+ cycle", {"latent": False}),
    ("+ latent", {}),
)
#: Every study by name, in the order of a full report.
STUDIES = (*_VARIANTS, "joint", "upscaling", "microscopy")


def case_of(kind: str, overrides: Mapping[str, Mapping[str, Any]], **changes: Any) -> Case:
    """A case of a kind with the user's settings, each given to the recipe or to the field that has it.

    Parameters
    ----------
    overrides : mapping of str to mapping
        Kind → name → value.
    **changes
        Other attributes of the case; ``configuration`` wins over the overrides.
    """
    from stsr_core.training import Recipe

    of_recipe = {f.name for f in dataclass_fields(Recipe)}
    given = overrides.get(kind, {})
    recipe = {k: v for k, v in given.items() if k in of_recipe}
    configuration = {k: v for k, v in given.items() if k not in of_recipe}
    configuration |= changes.pop("configuration", {})
    label = changes.pop("label", KINDS[kind].label)
    return Case(label, kind, configuration, recipe, **changes)


def methods(kinds: Sequence[str], overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Study:
    """The comparison of field kinds on what was kept (Tables 2 and 3, Figures 3 to 6)."""
    cases = tuple(case_of(kind, overrides or {}) for kind in kinds)
    return Study("methods", "Methods", "All methods are given the same kept samples.", cases)


def study(
    name: str,
    kinds: Sequence[str],
    *,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    values: Sequence[float] | None = None,
    n_variables: int = 1,
    minutes: float | None = None,
) -> Study:
    """One of :data:`STUDIES`.

    Parameters
    ----------
    name : str
    kinds : sequence of str
        The methods of the report; used by ``joint`` and ``upscaling``, the others are about STSR-INR.
    overrides : mapping, optional
        As for :func:`case_of`; the value under study wins.
    values : sequence of float, optional
        Only these values of a numeric parameter.
    n_variables : int
        Number of variables of the data.
    minutes : float, optional
        Length of its training runs per variable.

    Raises
    ------
    ValueError
        The name is unknown, or the data or the methods do not suit it.

    Examples
    --------
    >>> [case.label for case in study("depth", []).cases]
    ['d = 0', 'd = 5', 'd = 10']
    """
    overrides = overrides or {}
    if name in _VARIANTS:
        title, explanation, parameter, variants = _VARIANTS[name]
        cases = tuple(
            case_of("stsr_inr", overrides, label=label, setting=setting, configuration=configuration)
            for label, setting, configuration in variants
            if not values or setting is None or setting in values
        )
        return Study(name, title, explanation, cases, parameter, minutes=minutes)
    if name == "joint":
        return replace(_joint(kinds, overrides, n_variables), minutes=minutes)
    if name == "microscopy":
        return replace(_microscopy(kinds, overrides), minutes=minutes)
    if name == "upscaling":
        cases = tuple(case_of(kind, overrides) for kind in kinds if kind != "stnet")
        if not cases:
            raise ValueError(f"study upscaling needs a method that samples anywhere, got {' '.join(kinds)}")
        return Study(
            "upscaling",
            "Unsupervised upscaling",
            "Every sample of the data is kept, and the methods go beyond its resolution by factors that need "
            "not be whole (Figure 7).",
            cases,
            unsupervised=True,
            minutes=minutes,
        )
    raise ValueError(f"study must be one of {', '.join(STUDIES)}, got {name!r}")


def _microscopy(kinds: Sequence[str], overrides: Mapping[str, Mapping[str, Any]]) -> Study:
    """The methods of the report but SpatimeINR itself, then that part by part."""
    cases = [case_of(kind, overrides) for kind in kinds if kind != "spatime_inr"]
    for i, (label, parts) in enumerate(_PARTS):
        configuration = {"profile": "stable", **parts} if i else {"profile": "fast"}
        cases.append(case_of("spatime_inr", overrides, label=label, configuration=configuration))
    return Study(
        "microscopy",
        "Living cells",
        "SpatimeINR in its profile fast, and the parts of the paper, each on top of the one before, in its "
        "profile stable (Table 3 of SpatimeINR), all given the same seconds.",
        tuple(cases),
        "parts",
    )


def _joint(kinds: Sequence[str], overrides: Mapping[str, Mapping[str, Any]], n_variables: int) -> Study:
    trained = [kind for kind in kinds if KINDS[kind].recipe is not None and KINDS[kind].kept_samples_suffice]
    if n_variables < 2:
        raise ValueError(f"study joint needs two or more variables, got {n_variables}")
    if not trained:
        raise ValueError(f"study joint needs a method that is trained, got {' '.join(kinds)}")
    cases = []
    for kind in trained:
        label = KINDS[kind].label
        cases.append(case_of(kind, overrides, label=label))
        cases.append(case_of(kind, overrides, label=f"{label}*", joint=False))
    cases += [case_of(kind, overrides) for kind in kinds if KINDS[kind].is_interpolation]
    return Study(
        "joint",
        "Joint and separate training",
        "One network for all variables, or one for each (marked with *), at equal time per variable (Table 4 "
        "and Figures 8 and 9).",
        tuple(cases),
    )
