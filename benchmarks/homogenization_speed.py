"""What a prediction of NH-CSR costs, part by part, and what stands in the way of more nodes per second.

    OMP_NUM_THREADS=1 python benchmarks/homogenization_speed.py [--model h.stsr] \
        [-o docs/results/homogenization_speed/README.md]

Preset S, 128 cells, 32 coarse intervals, untrained: the time does not depend on the weights. What bfloat16
changes is measured on a trained model, if one is named. Times are processor seconds: other work on the
machine counts little.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from targets import processor

from stsr_core.homogenization import diffusion, file
from stsr_core.homogenization.attention import HIDDEN, Branch, Maps, attend
from stsr_core.homogenization.axes import nodes
from stsr_core.homogenization.coefficients import random_cells
from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.network import Network, parameter_count
from stsr_core.homogenization.prediction import predict
from stsr_core.homogenization.targets import Targets, Windows
from stsr_core.precision import products

CELLS, COARSE, FINE, SIDE = 128, 32, 1024, 64


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a .stsr file of stsr homogenize fit")
    parser.add_argument("-o", "--output", type=Path, help="write the page there, too")
    options = parser.parse_args()
    torch.manual_seed(0)
    network = Network(Configuration(preset="S", cells=CELLS, coarse=COARSE)).eval()
    coefficient = random_cells(0, CELLS)
    coarse = diffusion.solve(coefficient, COARSE)
    normal = (coarse / coarse.max()).astype(np.float32)
    with torch.no_grad():
        lines = [*whole(network, coefficient, normal), *parts(network, coefficient, normal)]
    if options.model:
        lines += rounding(options.model)
    text = "\n".join([f"# Speed of homogenization\n\n{INTRODUCTION.format(machine=machine())}\n", *lines, ""])
    print(text)
    if options.output:
        options.output.parent.mkdir(exist_ok=True)
        options.output.write_text(text, encoding="utf-8")


INTRODUCTION = """\
Made by `python benchmarks/homogenization_speed.py` on {machine}: NH-CSR with preset S,
128 x 128 cells, 32 coarse intervals, in processor seconds. The encoder sees a map once; nodes are asked for
in squares of 64², whose position codes are computed once for each place within a cell, and whose nodes in one
cell share what is gathered."""


def machine() -> str:
    """Processor and threads."""
    return f"{torch.get_num_threads()} of the cores of {processor()}"


def seconds(work: Callable[[], Any], times: int = 4) -> tuple[float, Any]:
    """Mean processor seconds, after one run that is not counted; and what came of it."""
    found = work()
    started = time.process_time()
    for _ in range(times):
        found = work()
    return (time.process_time() - started) / times, found


def whole(network: Network, coefficient: np.ndarray, normal: np.ndarray) -> list[str]:
    """Predictions on whole grids beside the direct solution, in both precisions."""
    lines = [
        "| grid | direct solution, s | prediction, s | nodes/s | in bfloat16, s | nodes/s |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for intervals in (FINE // 2, FINE):
        started = time.process_time()
        diffusion.solve(coefficient, intervals)
        cells = [f"{intervals + 1}²", f"{time.process_time() - started:.2f}"]
        for rounds in (False, True):
            network.rounds = rounds
            started = time.process_time()
            predict(network, coefficient, normal, intervals + 1)
            taken = time.process_time() - started
            cells += [f"{taken:.1f}", f"{(intervals + 1) ** 2 / taken:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [*lines, "", f"The process had {peak:.2f} GiB at its peak, torch and the solver included.", ""]


def parts(network: Network, coefficient: np.ndarray, normal: np.ndarray) -> list[str]:
    """Each part of a prediction, per node of the finest grid: time, operations, and their rate."""
    maps = [torch.from_numpy(array.astype(np.float32))[None] for array in (coefficient, normal)]
    axis = nodes(FINE + 1)[4 * SIDE : 5 * SIDE]
    targets, count, rows = Targets(axis, axis, FINE + 1), (FINE + 1) ** 2, []

    def row(name: str, taken: float, number: int, operations: float) -> None:
        rate = f"{operations * number / taken / 1e9:.0f}" if operations else ""
        flops = f"{operations:,.0f}" if operations else ""
        rows.append((name, f"{1e6 * taken / number:.2f}", flops, rate))

    assert network.encoder is not None
    for rounds in (False, True):
        network.rounds = rounds
        taken, prepared = seconds(lambda: network.prepare(*maps), 1)
        kind = "bfloat16" if rounds else "float32"
        row(
            f"encoder, {kind}, once per map",
            taken,
            count,
            2 * parameter_count(network.encoder) * CELLS**2 / count,
        )
    for name, branch, of in zip(
        ("coarse", "fine"), (network.head.coarse, network.head.fine), prepared.maps, strict=True
    ):
        for part, taken, operations in of_branch(branch, of, targets):
            row(f"{name} branch: {part}", taken, SIDE**2, operations)
    lines = [
        f"Parts of a prediction on {FINE + 1}², per node:",
        "",
        "| part | µs per node | operations per node | GFLOP/s |",
        "|---|---:|---:|---:|",
        *(f"| {' | '.join(cells)} |" for cells in rows),
        "",
    ]
    hidden = 2 * of_hidden(network.head.coarse)
    for dtype in (torch.float32, torch.bfloat16):
        a, b = torch.randn(SIDE**2, HIDDEN).to(dtype), torch.randn(HIDDEN, HIDDEN).to(dtype)
        rate = 2 * SIDE**2 * HIDDEN**2 / seconds(lambda a=a, b=b: a @ b, 16)[0]  # type: ignore[misc]
        lines.append(
            f"* A product of {SIDE**2} x {HIDDEN} and {HIDDEN} x {HIDDEN} in {str(dtype)[6:]} reaches "
            f"{rate / 1e9:.0f} GFLOP/s on this machine. At that rate the hidden layers of both branches, "
            f"{hidden:,} operations per node, allow {rate / hidden:,.0f} nodes/s, were all else free."
        )
    lines.append(
        f"* A million nodes per second would need {hidden / 1e6:.2f} TFLOP/s in the hidden layers alone. "
        "They cannot be shared among nodes: their input, the attended values, differs at each, and their "
        "activation keeps it from being taken apart along the axes."
    )
    return [*lines, ""]


def of_hidden(branch: Branch) -> int:
    """Operations of the hidden layers for one node."""
    return sum(
        2 * layer.weight.numel() for layer in branch.function[:-1] if isinstance(layer, torch.nn.Linear)
    )


def of_branch(branch: Branch, maps: Maps, targets: Targets) -> list[tuple[str, float, float]]:
    """What :meth:`Branch.forward` does, step by step: (part, seconds, operations per node)."""
    size, cells = maps.queries.shape[-1], (2 * branch.radius + 1) ** 2
    placed, windows = seconds(lambda: Windows(targets, size, branch.radius))
    coded, codes = seconds(lambda: branch.code(windows.offsets / (branch.radius + 0.5)))
    biased, bias = seconds(lambda: branch.bias(codes)[windows.kind].permute(0, 1, 4, 2, 3))
    sampled, queries = seconds(lambda: branch._by_head(windows.grouped(targets.sample(maps.queries))))
    gathered, around = seconds(lambda: windows.gather(maps.keys_values))
    keys, values = (branch._by_head(part) for part in around.split(branch.width, dim=-1))
    attended, (found, _) = seconds(lambda: attend(queries, keys, values, bias))
    flat = found.transpose(2, 3).flatten(3)

    def join() -> torch.Tensor:
        nearest = codes[:, codes.shape[1] // 2][windows.kind].expand(*flat.shape[:-1], -1)
        return windows.ungrouped(torch.cat([flat, nearest], dim=-1))

    joined, inputs = seconds(join)
    steps = [
        ("position codes and their bias", coded + biased, 0.0),
        ("windows, queries and gathered cells", placed + sampled + gathered + joined, 0.0),
        ("attention to 49 cells", attended, 4.0 * cells * branch.width),
    ]
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):

        def hidden(rounds: bool = dtype == torch.bfloat16) -> torch.Tensor:
            with products(inputs.device, rounds):
                return branch.function[:-1](inputs).float()

        steps.append((f"hidden layers, {name}", seconds(hidden)[0], of_hidden(branch)))
    return steps


def rounding(model: str) -> list[str]:
    """What bfloat16 changes in a trained network, on a map that it has not seen."""
    network, header = file.load(model), file.read_header(model)
    c = network.configuration
    coefficient = random_cells(123_456_789, c.cells)
    coarse = diffusion.solve(coefficient, c.coarse)
    normal = (coarse / coarse.max()).astype(np.float32)
    run = header.history[-1]
    lines = [
        f"What bfloat16 changes in a network of preset {c.preset} ({run['epochs']:.0f} passes over "
        f"{run['data']['maps']} maps of {c.cells} x {c.cells} cells), relative to its own error on a map "
        "that it has not seen:",
        "",
        "| scale | L2 norm | energy norm |",
        "|---|---:|---:|",
    ]
    for scale in (4, 16):
        truth = diffusion.solve(coefficient, scale * c.coarse)
        truth /= truth.max()
        found = []
        for rounds in (False, True):
            network.rounds = rounds
            values = predict(network, coefficient, normal, len(truth)).astype(np.float64)
            values[[0, -1]] = values[:, [0, -1]] = 0
            found.append(values)
        change, own = found[1] - found[0], found[0] - truth
        plain = np.linalg.norm(change) / np.linalg.norm(own)
        energy = (diffusion.energy(coefficient, change) / diffusion.energy(coefficient, own)) ** 0.5
        lines.append(f"| {scale}x | {100 * plain:.2f} % | {100 * energy:.2f} % |")
    return [
        *lines,
        "",
        "It is used where the device multiplies it faster and the change is below 1 % of the error that the "
        "model's validation has found; a model without a validation stays in float32.",
    ]


if __name__ == "__main__":
    main()
