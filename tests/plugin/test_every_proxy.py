"""Inside ParaView, for all five proxies alike: traces, states, views and stops."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.inference import evaluate
from stsr_core.model.checkpoint import load

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
PROXIES = ("source", "upscale", "mix", "compare", "fit")


@pytest.fixture(scope="module")
def found(session, material, tmp_path_factory):
    """What every_proxy_session.py found."""
    folder = tmp_path_factory.mktemp("every")
    return session("every_proxy_session.py", material.model, material.series, str(folder))


def test_the_pipeline_to_play_back_is_that_of_the_core(found, material):
    """Else the round trips would compare one failure with another."""
    assert [found["built"][name][1] for name in PROXIES] == [""] * 5
    field = load(material.model)
    shape = (11, 10, 9)  # of the dimensions 9 x 10 x 11
    expected = evaluate(field, field.domain[0].grid.with_shape(shape), [14.0], "b", device="cpu")[0]
    np.testing.assert_allclose(np.reshape(found["built"]["upscale"][2], shape), expected, atol=1e-5)
    assert found["built"]["compare"][3][0][0] == "b"
    assert "1 of 1" not in found["learned"] and "wrote" in found["learned"]


@pytest.mark.parametrize("way", ["trace", "python state", "pvsm"])
@pytest.mark.parametrize("name", PROXIES)
def test_a_round_trip_brings_back_properties_and_values(found, way, name):
    properties, wrong, values, *table = found["built"][name]
    again, wrong_again, values_again, *table_again = found["after"][way][name]
    assert again == properties
    assert (wrong, wrong_again) == ("", "")
    np.testing.assert_array_equal(values_again, values)
    assert table_again == table


def test_what_was_set_after_making_it_was_recorded(found):
    """None of these is a default."""
    after = {name: found["after"]["trace"][name][0] for name in PROXIES}
    assert (after["source"]["BaseGrid"], after["source"]["Variables"]) == ("Kept nodes", ["b"])
    assert (after["upscale"]["Dimensions"], after["upscale"]["TimeFactor"]) == ([9, 10, 11], 4)
    assert (after["mix"]["First"], after["mix"]["Second"]) == ("b", "a")
    assert (after["compare"]["TruthArray"], after["compare"]["Isovalue"]) == ("b", 2.5)
    assert (after["fit"]["Epochs"], after["fit"]["Variables"]) == (2, ["a"])


def test_a_model_that_is_there_is_not_learned_again(found):
    assert found["learned again"] is False


@pytest.mark.parametrize("name", PROXIES)
def test_camera_colour_and_representation_compute_nothing(found, name):
    by_looks, by_time = found["views"][name]
    assert by_looks == 0
    assert by_time == 1


@pytest.mark.parametrize("name", ["source", "upscale", "mix"])
def test_decoding_stops_within_one_tile_and_goes_on(found, name):
    said, points, after, again, points_again = found["stopped"][name]
    assert said == "stopped before the end; the output is empty"
    assert (points, after) == (0, [])
    assert again == ""
    assert points_again > 200, "more than two tiles were to be computed"


@pytest.mark.parametrize("name", ["compare", "compare all"])
def test_a_comparison_stops_within_one_measure_and_goes_on(found, name):
    said, points, after, again, points_again = found["stopped"][name]
    assert said == "stopped before the end; the outputs are empty"
    assert (points, after) == (0, [])
    assert (again, points_again) == ("", 12**3)
    assert found["rows after the stop"] == [1, 0]
    assert found["all after the stop"] == 9
