"""The white background of images as bits: exact round trips, what they cost, and files that have it."""

from __future__ import annotations

import numpy as np
import pytest
from image_databases import images_of, picture

from stsr_core.cli import main
from stsr_core.imagecodec.bitstream.background import background, odds_of, read_background, write_background
from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages
from stsr_core.imagecodec.bitstream.encoding import encode
from stsr_core.imagecodec.bitstream.range_coder import SymbolReader, SymbolWriter
from stsr_core.imagecodec.evaluation.quality import picture_psnr
from stsr_core.imagecodec.views import geodesic_views
from stsr_core.imagecodec.writing import write


def written(masks: list[np.ndarray], odds: np.ndarray) -> tuple[bytes, float]:
    """A left mask and its right ones, and their estimated bits."""
    writer, bits = SymbolWriter(), 0.0
    for place, mask in enumerate(masks):
        bits += write_background(writer, mask, masks[0] if place else None, odds)
    return writer.words(), bits


@pytest.mark.parametrize("size", [(1, 1), (16, 17), (33, 64), (70, 41)])
def test_any_mask_comes_back_whatever_the_odds(size: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)
    left, right = (generator.random(size) < part for part in (0.5, 0.9))
    odds = odds_of([(left, right)])
    for masks in ([left, right], [right, ~right], [np.zeros(size, bool), np.ones(size, bool)]):
        words, _ = written(masks, odds)
        reader = SymbolReader(words)
        first = read_background(reader, size, None, odds)
        np.testing.assert_array_equal(first, masks[0])
        np.testing.assert_array_equal(read_background(reader, size, first, odds), masks[1])


def test_outlines_cost_bits_areas_do_not_and_a_right_mask_costs_what_has_changed() -> None:
    """A mask of 128² has 16,384 pixels, of which a few hundred are beside an outline."""
    masks = [background(picture(moment, 20.0, 30.0, 128)) for moment in (0.0, 0.05)]
    outline = sum(int((np.diff(masks[0], axis=axis)).sum()) for axis in (0, 1))
    odds = odds_of([(masks[0], masks[1]), (masks[0], masks[0])])
    alone, both, same = (written(some, odds) for some in (masks[:1], masks, [masks[0], masks[0]]))
    for words, bits in (alone, both, same):
        assert 8 * len(words) == pytest.approx(bits, abs=64)
    assert alone[1] < 3 * outline
    assert same[1] - alone[1] < 0.5 * alone[1] and same[1] < both[1] < 2 * alone[1]


def test_a_file_with_masks_has_the_background_exactly(codec, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    images = write(tmp_path / "balls.cdb", images_of(2, geodesic_views(1)[:5], 40))
    encode(images, codec, tmp_path / "plain.fcnr")
    words = ["images", "encode", "balls.cdb", "--model", str(codec), "--mask", "-o", "masked.fcnr"]
    assert main(words) == 0
    assert main(["images", "info", "masked.fcnr"]) == 0
    assert "white pixels are stored exactly" in capsys.readouterr().out
    plain, masked = (EncodedImages.open(tmp_path / name) for name in ("plain.fcnr", "masked.fcnr"))
    assert plain.index.odds is None and masked.index.odds is not None
    for record in images.records:
        truth, before, after = (some.read(record) for some in (images, plain, masked))
        white = background(truth)
        assert (after[white] == 255).all()
        np.testing.assert_array_equal(after[~white], before[~white])
        assert picture_psnr(truth, after) > picture_psnr(truth, before)
    assert sum(p.length for p in masked.index.places) > sum(p.length for p in plain.index.places)
