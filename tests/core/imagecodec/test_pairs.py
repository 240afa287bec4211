"""Which images are pairs, and which are learned from: fact 12 of FCNR, and what fact 11 says of pairs."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.imagecodec.images import Record
from stsr_core.imagecodec.network.positional import parameters_of
from stsr_core.imagecodec.padding import padded_size, to_image, to_tensor
from stsr_core.imagecodec.pairs import learned_from, pairs_of, parameters
from stsr_core.imagecodec.views import angle_between, geodesic_views


@pytest.fixture(scope="module")
def records() -> list[Record]:
    views = geodesic_views(9).tolist()
    return [Record(float(t), theta, phi, "v") for t in range(1, 31) for theta, phi in views]


def test_fact_11_all_pairs_share_their_elevation(records) -> None:
    pairs = pairs_of(records)
    assert len(pairs) == 12_180
    assert all(pair.left.theta == pair.right.theta for pair in pairs)
    first = pairs[0]
    assert (first.left.theta, first.left.phi, first.right.phi) == (-86.0716, -90.0, 90.0)


def test_fact_12_the_training_subset(records) -> None:
    pairs = pairs_of(records)
    learned, others = learned_from(pairs, "paper")
    assert len(learned) == 2_030
    assert {pair.left.time for pair in learned} == set(range(1, 30, 3))
    step = [pair for pair in pairs if pair.left.time == 4]
    assert [pair for pair in learned if pair.left.time == 4] == step[::2]
    assert not set(learned) & set(others) and set(learned) | set(others) == set(pairs)
    assert learned_from(pairs, "all") == (pairs, [])


def test_pairs_of_the_paper_are_far_apart_and_nearest_ones_near(records) -> None:
    """Section 1.2: 53° on average, 167° at most; neighbours on this sphere are 6.0° to 8.4° apart."""
    step = [record for record in records if record.time == 1]
    apart = {}
    for pairing in ("paper", "nearest"):
        pairs = pairs_of(step, pairing)
        taken = [record for pair in pairs for record in pair.images]
        assert sorted(map(id, taken)) == sorted(map(id, step))
        ends = [
            np.array([(r.theta, r.phi) for r in side])
            for side in zip(*((p.left, p.right) for p in pairs), strict=True)
        ]
        apart[pairing] = angle_between(*ends)
    assert apart["paper"].mean() == pytest.approx(53, abs=0.5)
    assert apart["paper"].max() == pytest.approx(167, abs=0.5)
    assert np.median(apart["nearest"]) < 8.4 and apart["nearest"].mean() < 10


def test_pairs_in_time_are_one_view_at_a_time_and_the_next(records) -> None:
    pairs = pairs_of(records, "time")
    assert len(pairs) == 12_180 and len({r.key for pair in pairs for r in pair.images}) == 24_360
    for pair in pairs:
        assert (pair.left.theta, pair.left.phi) == (pair.right.theta, pair.right.phi)
        assert pair.left.time % 2 == 1 and pair.right.time == pair.left.time + 1
    assert [pair.left.key for pair in pairs] == sorted(pair.left.key for pair in pairs)
    some = [Record(time, 0.0, phi, "v") for phi, time in ((0.0, 1.0), (9.0, 1.0), (0.0, 5.0), (0.0, 3.0))]
    assert [(p.left.time, p.right.time, p.left.phi, p.right.phi) for p in pairs_of(some, "time")] == [
        (1.0, 3.0, 0.0, 0.0),
        (1.0, 1.0, 9.0, 9.0),
        (5.0, 5.0, 0.0, 0.0),
    ]


def test_an_odd_image_is_alone() -> None:
    records = [Record(0.0, 0.0, phi, name) for name in ("a", "b") for phi in (0.0, 10.0, 100.0)]
    for pairing in ("paper", "nearest"):
        pairs = pairs_of(records, pairing)
        assert [len(pair.images) for pair in pairs] == [2, 1, 2, 1]
        assert all(pair.left.variable == pair.right.variable for pair in pairs)
        assert pairs[1].left == pairs[1].right == Record(0.0, 0.0, 100.0, "a")


def test_section_1_4_parameters() -> None:
    assert parameters_of(15, 30, -45.0, 90.0) == (0.5, 0.25, 0.75)
    assert parameters(Record(7.5, 90.0, 180.0, "v"), [2.0, 7.5]) == (1.0, 1.0, 1.0)


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ValueError, match="pairing must be one of paper, nearest, time, got 'far'"):
        pairs_of([], "far")
    with pytest.raises(ValueError, match="subset must be one of all, paper, got 'half'"):
        learned_from([], "half")


def test_fact_2_other_sizes_are_padded_and_cropped() -> None:
    image = np.random.default_rng(0).integers(0, 256, (33, 64, 3), dtype=np.uint8)
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, *padded_size(33, 64)) == (1, 3, 64, 64)
    assert (tensor[..., 33:, :] == tensor[..., 32:33, :]).all()
    np.testing.assert_array_equal(to_image(tensor, (33, 64)), image)
    np.testing.assert_array_equal(to_image(2 * tensor - 0.5, (33, 64))[image > 192], 255)
