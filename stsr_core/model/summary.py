"""A model in a few lines of text."""

from __future__ import annotations

from typing import Any

from stsr_core.coordinates import VariableDomain
from stsr_core.model.checkpoint import Header
from stsr_core.words import duration, node_count


def describe(header: Header) -> str:
    """Kind, variables with grids, times and value ranges, training and hash of a model, line by line."""
    lines = [f"{header.kind}, format version {header.format_version}"]
    lines += [_variable(domain, header.time_unit, header.length_unit) for domain in header.domain]
    lines += [f"trained {words}" for run in header.history if (words := training_text(run))]
    lines += chosen_texts(header) + compact_texts(header) + baked_texts(header)
    if header.training is not None:
        lines.append("training is unfinished: the command that made it goes on with --resume")
    if header.data_hash:
        lines.append(f"data SHA-256 {header.data_hash[:16]}…")
    return "\n".join(lines)


def _variable(domain: VariableDomain, time_unit: str, length_unit: str) -> str:
    shape = node_count(domain.grid)
    full = node_count(domain.full_grid)
    span = f"{domain.full_times[0]:g} to {domain.full_times[-1]:g}{time_unit and ' ' + time_unit}"
    unit = domain.unit and f" {domain.unit}"
    return (
        f"{domain.name}: {shape} of {full} nodes{length_unit and ' in ' + length_unit}, "
        f"{len(domain.times)} of {len(domain.full_times)} steps from {span}, "
        f"values {domain.normalization.low:g} to {domain.normalization.high:g}{unit}"
    )


def training_text(run: dict[str, Any]) -> str:
    """One training run in a line; a converted model has none of these entries, and the line is empty."""
    parts = []
    if "seconds" in run:
        parts.append(duration(run["seconds"]))
    if "epochs" in run:
        parts.append(f"{run['epochs']:.2f} passes")
    if "training_psnr" in run:
        parts.append(f"PSNR of kept samples {run['training_psnr']:.2f} dB")
    if "seed" in run:
        parts.append(f"seed {run['seed']}")
    if "device" in run:
        parts.append(f"on {run['device']}")
    return ", ".join(parts)


def chosen_texts(header: Header) -> list[str]:
    """What a rehearsal chose for each variable and why, a line each; none where nothing was rehearsed."""
    chosen = [_chosen(row) for run in header.history for row in run.get("chosen", ())]
    return chosen + _sharing(header.configuration)


def _sharing(configuration: dict[str, Any]) -> list[str]:
    """Which variables have one motion, a line for each group of them."""
    groups: dict[str, list[str]] = {}
    for name, other in (configuration.get("motion") or configuration).get("motion_of", {}).items():
        groups.setdefault(other, [other]).append(name)
    return [f"{', '.join(names)} share one motion" for names in groups.values()]


def compact_texts(header: Header) -> list[str]:
    """What a compact network was made of and how near it came, a line for each time one was made."""
    return [_compact(run["compact_of"]) for run in header.history if "compact_of" in run]


def baked_texts(header: Header) -> list[str]:
    """What a baked model holds and how near it is to that, a line for each time one was made."""
    return [_baked(run["baked_of"]) for run in header.history if "baked_of" in run]


def _baked(of: dict[str, Any]) -> str:
    text = f"steps of a model of kind {of['kind']}"
    found = [f"{name} {psnr:.2f} dB" for name, psnr in of["psnr"].items() if psnr is not None]
    return text + (f", PSNR against it half-way between them: {', '.join(found)}" if found else "")


def _compact(of: dict[str, Any]) -> str:
    text = f"one compact network of a model of kind {of['kind']}"
    if "psnr" in of:
        text += f", PSNR against it {of['psnr']:.2f} dB"
    if not any(of.get("between", [1.0])):
        text += " (learned at the kept samples alone: a rehearsal trusted a network between them)"
    return text


def _chosen(row: dict[str, Any]) -> str:
    weights = row["weights"]
    shares = {
        "motion": weights["motion2"] + weights["motion4"],
        "spline": weights["cubic"],
        "linear in time": weights["tricubic_linear"],
    }
    text = f"{row['variable']}: " + ", ".join(f"{v:.0%} {k}" for k, v in shares.items() if v >= 0.005)
    if row.get("detail") or row.get("change"):
        text += f", and {row['detail']:.0%} of a network's detail, {row['change']:.0%} of its change"
    if row.get("network"):
        text = f"{row['variable']}: {row['network']:.0%} of the network, the rest {text.partition(': ')[2]}"
    if row.get("cut_short"):
        text += " (the network, worth a share, had too little time to learn: give it more minutes)"
    if "moves" in row:
        text += f"; features move {row['moves']:.1f} voxels between kept steps"
    if row.get("unsure"):
        text += " (with so few kept steps and so large a motion nothing between them can be checked)"
    reached = {k: v for k, v in row.get("rehearsed", {}).items() if v is not None}
    if reached:
        names = {"tricubic_linear": "linear", "cubic": "spline", "motion4": "motion"}
        words = [f"{name} {reached[key]:.1f} dB" for key, name in names.items() if key in reached]
        text += f"; at twice the gap: {', '.join(words)}"
        if "blend" in reached:
            text += f"; with the network {reached['blend']:.1f} dB"
        if "base" in reached and "mixture" in reached:
            text += f"; there a network adds {reached['mixture'] - reached['base']:.1f} dB"
    return text
