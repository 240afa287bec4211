"""What is measured: runs of other seeds as one, and the report that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stsr_core.homogenization import report
from stsr_core.homogenization.evaluation import DIRECT, Evaluation, Row, over_runs
from stsr_core.homogenization.measures import Errors, display


def row(method: str, mse: float) -> Row:
    return Row(method, "test", 4.0, 20, Errors(mse, 0.1, 0.9, 0.0, 0.2, 0.5, 0.3), seconds=1.0)


def measured() -> Evaluation:
    """Two runs of one method and one of another, by hand."""
    errors = {"bicubic": 0.02, "nh_csr": 0.004, "nh_csr-1": 0.008, DIRECT: 0.0}
    key = ("test", 4.0)
    labels = ("truth", "bicubic", "nh_csr", "nh_csr-1")
    spectra = {label: np.full(9, float(i + 1)) for i, label in enumerate(labels)}
    shown = {label: np.full((17, 17), i / 4) for i, label in enumerate(labels)}
    return Evaluation([row(*entry) for entry in errors.items()], {key: spectra}, {key: shown})


def test_runs_of_other_seeds_become_means_and_deviations() -> None:
    one = over_runs(measured(), {"nh_csr": ["nh_csr", "nh_csr-1"]})
    by_method = {row.method: row for row in one.rows}
    assert [*by_method] == ["bicubic", "nh_csr", DIRECT]
    found = by_method["nh_csr"]
    assert found.count == 20 and found.spread is not None
    np.testing.assert_allclose([found.errors.mse, found.errors.ssim], [0.006, 0.9], rtol=1e-12)
    np.testing.assert_allclose([found.spread.mse, found.spread.ssim], [0.002 * 2**0.5, 0], atol=1e-12)
    assert found.flat()["mse_spread"] == found.spread.mse
    assert by_method["bicubic"] == row("bicubic", 0.02)
    spectra, shown = one.spectra["test", 4.0], one.shown["test", 4.0]
    assert [*spectra] == [*shown] == ["truth", "bicubic", "nh_csr"]
    assert (spectra["nh_csr"] == 3.5).all()  # the mean of 3 and 4
    assert (shown["nh_csr"] == 0.5).all()  # that of the first run


def test_the_table_has_deviations_and_the_best_mean_in_bold(tmp_path: Path) -> None:
    points = [{"step": 50, "seconds": 1.0, "mse": 0.01}, {"step": 100, "seconds": 2.0, "mse": 0.005}]
    histories = {
        name: [{"seconds": 2.0, "epochs": 4.0, "seed": seed, "validation": points}]
        for seed, name in enumerate(("nh_csr", "nh_csr-1"))
    }
    one = over_runs(measured(), {"nh_csr": ["nh_csr", "nh_csr-1"]})
    report.write(tmp_path / "report", one, histories=histories, learned_at=4.0, title="Two seeds")
    text = (tmp_path / "report" / "report.md").read_text()
    assert "| nh_csr | **6.000** ± 2.828 | **100.00** ± 0.00 |" in text
    assert "| bicubic | 20.000 |" in text
    assert "| nh_csr-1 | 2 | 4.0 | 1 |" in text
    assert (tmp_path / "report" / "validation.png").is_file()
    assert (tmp_path / "report" / "table.csv").read_text().splitlines()[0].endswith("smoothed_spread")


def test_fact_25_the_bands_of_the_display_map() -> None:
    np.testing.assert_allclose(display(np.array([1.0, 0.1, 0.5])), [0, 204, 0], atol=1e-9)
    np.testing.assert_allclose(display(np.array([0.1]), 64), [1632 % 255], atol=1e-9)
