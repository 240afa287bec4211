"""Seconds from opening the page of `stsr serve` to its first picture and to all of the step, in Chromium.

    python benchmarks/page.py --programs .venv/bin/stsr OTHER/.venv/bin/stsr

A motion model of the tornado, every 2nd voxel and every 4th step of 64³ nodes and 48 steps, alone and with
its ground truth as files. "ready" is from the start of the program to the address that it prints; the page
is opened then. Programs, as of an earlier checkout, take turns, so that their ratio holds on a busy machine.
Medians. Needs chromium and playwright.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import stsr_core as stsr
from stsr_core.datasets import tornado

#: A picture has come that is more than background and letters; all of the step has come.
DRAWN = """() => {
  const image = document.querySelector('#views img');
  if (!image || !image.naturalWidth) return false;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const values = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return new Set(values).size > 1000;
}"""
ALL = "() => /nodes (in [0-9.]+ s|from the cache)/.test(document.querySelector('#status').innerText)"
PATIENCE = 300_000  # milliseconds


def seconds(browser: Any, program: str, words: list[str]) -> tuple[float, float, float]:
    """To the address, then from opening the page to its first picture and to all of the step."""
    begun = time.perf_counter()
    server = subprocess.Popen([program, "serve", *words], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[1]
        opened = time.perf_counter()
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_function(DRAWN)
        first = time.perf_counter()
        page.wait_for_function(ALL)
        full = time.perf_counter()
        page.close()
    finally:
        server.terminate()
        server.wait()
    return opened - begun, first - opened, full - opened


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = str(Path(sys.executable).with_name("stsr"))
    parser.add_argument("--programs", nargs="+", default=[here], metavar="STSR")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        series, model, truth = tornado(64, 48), f"{folder}/model.stsr", f"{folder}/full.pvd"
        stsr.fit(series, model, field="motion", spatial_factor=2, temporal_gap=3)
        stsr.write_series(truth, series)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        print("| program | ground truth | ready | first picture | all of the step |")
        print("|---" * 5 + "|")
        for name, words in (("no", [model]), ("yes", [model, "--gt", truth])):
            found: dict[str, list[tuple[float, float, float]]] = {program: [] for program in options.programs}
            for _ in range(options.rounds):
                for program in options.programs:
                    found[program].append(seconds(browser, program, words))
            for program, times in found.items():
                cells = (f"{median(column):.2f} s" for column in zip(*times, strict=True))
                print(f"| {program} | {name} | {' | '.join(cells)} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
