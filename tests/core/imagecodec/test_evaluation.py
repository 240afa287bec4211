"""Quality, rates and rivals: fact 13 of FCNR, BD-rates that are known, and one table for all."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from image_databases import database

from stsr_core.cli import main
from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages
from stsr_core.imagecodec.evaluation import stills, video
from stsr_core.imagecodec.evaluation.coded import coded as measured
from stsr_core.imagecodec.evaluation.nerv import NETWORKS, nerv, train, width_for
from stsr_core.imagecodec.evaluation.quality import picture_psnr, quality
from stsr_core.imagecodec.evaluation.rates import RatePoint, bd_rate
from stsr_core.imagecodec.padding import to_tensor
from stsr_core.imagecodec.pairs import parameters
from stsr_core.imagecodec.training.recipe import CodecRecipe
from stsr_core.imagecodec.views import angle_between
from stsr_core.training.session import Session

CURVE = [(0.05, 28.0), (0.1, 31.0), (0.2, 34.5), (0.4, 37.0)]


def test_fact_13_psnr_of_errors_one_and_none() -> None:
    image = np.full((8, 8, 3), 100, np.uint8)
    assert picture_psnr(image, image + 1) == pytest.approx(48.1308, abs=5e-5)
    assert picture_psnr(image, image) == pytest.approx(138.1308, abs=5e-5)
    assert picture_psnr(image, 255 - image) == picture_psnr(255 - image, image)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.3])
def test_bd_rate_of_a_curve_that_is_a_multiple_is_that_multiple(factor: float) -> None:
    other = [(factor * rate, psnr) for rate, psnr in CURVE]
    assert bd_rate(CURVE, other) == pytest.approx(100 * (factor - 1), abs=1e-9)
    assert bd_rate(other, CURVE) == pytest.approx(100 * (1 / factor - 1), abs=1e-9)


def test_bd_rate_counts_the_common_range_alone_and_leaves_out_what_is_beaten() -> None:
    other = [(0.8 * rate, psnr) for rate, psnr in CURVE[1:]]
    assert bd_rate(CURVE, [*other, (0.9, 30.0)]) == pytest.approx(-20, abs=1.5)
    assert math.isnan(bd_rate(CURVE, [(0.1, 50.0), (0.2, 55.0)]))
    assert math.isnan(bd_rate(CURVE, [(0.1, 31.0)]))


def test_a_point_counts_its_weights_apart() -> None:
    point = RatePoint("m", "s", None, 2, 1000, 125, 25, estimated_bits=900.0)  # type: ignore[arg-type]
    assert (point.bpp_est, point.bpp_file, point.bpp_with_weights) == (0.9, 1.0, 1.2)


@pytest.mark.parametrize("method", stills.STILLS)
def test_stills_are_better_and_larger_at_higher_quality(balls, method: str) -> None:
    some = balls.records[:4]
    if not stills.available(method):
        with pytest.raises(ImportError, match=f"{method} needs Pillow with it"):
            stills.still(balls, some, method, 50)
        pytest.skip(f"Pillow has no {method} here")
    low, high = (stills.still(balls, some, method, level, lpips=False) for level in (20, 90))
    assert low.quality.psnr < high.quality.psnr and low.bpp_file < high.bpp_file
    assert low.quality.ssim < high.quality.ssim <= 1 and math.isnan(low.quality.lpips)
    assert (low.n_images, low.n_pixels, low.weight_bytes) == (4, 4 * 64 * 64, 0)


def test_a_video_has_every_image_once_and_in_its_place(balls) -> None:
    ordered = video.in_order(balls.records)
    assert sorted(r.key for r in ordered) == sorted(r.key for r in balls.records)
    views = [(r.theta, r.phi) for r in ordered]
    assert views[::2] == views[1::2]  # both times of a view, one after the other
    assert [r.time for r in ordered[:4]] == [10.0, 11.0, 11.0, 10.0]
    steps = angle_between(np.array(views[:-2:2]), np.array(views[2::2]))
    assert np.median(steps) < 64  # neighbours of an icosahedron are 63.4° apart
    for method, (_, _, _) in video.VIDEOS.items():
        if not video.available(method):
            continue
        fine, coarse = (video.video(balls, balls.records, method, crf, lpips=False) for crf in (15, 50))
        assert fine.quality.psnr > 30 > coarse.quality.psnr
        assert fine.n_bytes > coarse.n_bytes


def test_odd_sizes_have_no_video(tmp_path) -> None:
    images = database(tmp_path / "odd.cdb", 1, 2, 33)
    with pytest.raises(ValueError, match="a video needs images of even height and width, got 33x33"):
        video.video(images, images.records, "av1", 40)


@pytest.mark.parametrize("method", NETWORKS)
def test_a_network_of_all_images_is_as_large_as_it_may_be(method: str) -> None:
    n_pixels, build = 24 * 64 * 64, NETWORKS[method][1]
    for rate in (1.0, 4.0):
        width = width_for(rate, 24, (64, 64), method)
        counts = [sum(p.numel() for p in build(w, (64, 64)).parameters()) for w in (width, width + 2)]
        assert 8 * counts[0] / n_pixels <= rate < 8 * counts[1] / n_pixels
    with pytest.raises(
        ValueError, match=r"bits_per_pixel must be >= .* for 24 images of this size, got 0.001"
    ):
        width_for(0.001, 24, (64, 64), method)


@pytest.mark.parametrize("method", NETWORKS)
def test_a_network_of_all_images_depends_on_all_that_is_asked_for_and_learns(method: str) -> None:
    torch.manual_seed(0)
    network = NETWORKS[method][1](8, (33, 64))
    places = torch.tensor([[0.5, 0.5, 0.5], [1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]])
    images = network(places)
    assert images.shape == (4, 3, 64, 64) and 0 <= images.min() < images.max() <= 1
    assert all((images[0] - image).abs().max() > 1e-6 for image in images[1:])
    images.square().mean().backward()
    assert not [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]


@pytest.mark.parametrize("method", NETWORKS)
def test_a_network_of_all_images_learns_them(balls, method: str) -> None:
    truth = torch.cat([to_tensor(balls.read(record)) for record in balls.records])
    places = torch.tensor([parameters(record, balls.times) for record in balls.records])
    torch.manual_seed(0)
    network = NETWORKS[method][1](16, balls.size)

    def error() -> float:
        with torch.no_grad():
            return float((network(places) - truth).square().mean())

    before, recipe = error(), CodecRecipe(learning_rate=2e-3, schedule="cosine", batch_pairs=4)
    train(network, balls, recipe, Session({}, seed=0, epochs=20, minutes=None))
    assert error() < 0.5 * before


@pytest.mark.parametrize("method", NETWORKS)
def test_of_a_network_of_all_images_the_weights_are_counted(balls, method: str) -> None:
    point = nerv(balls, 1.5, 0.01, method, lpips=False)
    assert point.method == NETWORKS[method][0]
    assert point.n_bytes == 0 and point.bpp_with_weights == 8 * point.weight_bytes / (24 * 64 * 64)
    assert 1.0 < point.bpp_with_weights < 1.8  # 8 bits each, and what says so
    assert point.learning_seconds >= 0.6


def test_a_coded_database_in_the_same_table(balls, coded) -> None:
    point = measured(balls, EncodedImages.open(coded), lpips=False)
    assert (point.method, point.n_images) == ("fcnr", 24)
    assert point.n_bytes + point.weight_bytes == coded.stat().st_size
    # The index and the last words of twelve short streams are most of so small a file.
    assert point.bpp_est < point.bpp_file < point.bpp_est + 0.2
    truth = {record.key: balls.read(record) for record in balls.records}
    decoded = EncodedImages.open(coded)
    mean = np.mean([picture_psnr(truth[r.key], decoded.read(r)) for r in decoded.records])
    assert point.quality.psnr == pytest.approx(mean, abs=1e-9)


def test_other_databases_are_refused(balls, coded, tmp_path) -> None:
    other = database(tmp_path / "other.cdb", 1, 12, 64)
    with pytest.raises(ValueError, match=r"other\.cdb: lacks 12 images of .*balls\.fcnr, such as"):
        measured(other, EncodedImages.open(coded))
    small = database(tmp_path / "small.cdb", 2, 12, 32)
    with pytest.raises(ValueError, match=r"has images of size \(64, 64\), .*small\.cdb of \(32, 32\)"):
        measured(small, EncodedImages.open(coded))


@pytest.mark.requires_lpips_weights
def test_lpips_is_none_for_equal_images(balls) -> None:
    some = balls.records[:2]
    same, _ = quality(balls, some, balls.read)
    assert same.lpips == 0 and same.ssim == 1 and same.psnr == pytest.approx(138.1308, abs=5e-5)
    assert quality(balls, some, lambda r: 255 - balls.read(r))[0].lpips > 0.1


def test_the_command_prints_one_table_and_the_bits_saved(balls, codec, coded, capsys) -> None:
    words = ["images", "evaluate", str(balls.path), str(coded), str(codec), "--with", "jpeg", "--no-lpips"]
    assert main([*words, "--bd-rate", "webp", "--every", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["method", "setting", "PSNR", "SSIM"]
    assert [line.split()[0] for line in lines[2:]].count("JPEG") == 5
    assert next(line for line in lines if line.startswith("JPEG:")).endswith(
        "bits beside WEBP at equal PSNR, weights included"
    )
    assert main([*words, "--json", "--every", "12"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    one, other = rows[:2]
    assert one["quality"] == other["quality"] and one["bpp_with_weights"] == other["bpp_with_weights"]
    assert one["encoding_seconds"] is None and other["encoding_seconds"] > 0
    assert Path(one["setting"].split(",")[0]).name == "balls.fcnr"
