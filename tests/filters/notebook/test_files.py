"""``.stsr`` files as any other file of pyvista's: read, a reader with times, save."""

import numpy as np
import pytest

pytest.importorskip("pyvista", reason="needs pyvista")

import pyvista as pv

from stsr_core.inference import evaluate
from stsr_filters.notebook import Model


def test_the_reader_has_the_interface_of_pyvistas_readers_with_times(blobs):
    reader = pv.get_reader(blobs.path)
    assert isinstance(reader, pv.TimeReader)
    assert reader.time_values == list(range(10, 19)) and reader.number_time_points == 9
    assert reader.active_time_value == 10
    reader.set_active_time_point(2)
    assert reader.active_time_value == reader.time_point_value(2) == 12
    np.testing.assert_array_equal(reader.read()["a"], blobs.at(12)["a"])


def test_any_time_between_is_read(blobs, series):
    reader = pv.get_reader(blobs.path)
    reader.set_active_time_value(12.75)
    expected = evaluate(blobs.field, series.volumes["a"].grid, [12.75], "a")
    np.testing.assert_allclose(reader.read()["a"], np.maximum(expected, 0).ravel(), atol=1e-6)


def test_what_is_read_is_chosen_by_keywords(blobs):
    mesh = pv.read(blobs.path, factor=2, variables="b", active_time_value=11.5)
    assert mesh.dimensions == (23, 23, 23) and mesh.point_data.keys() == ["b"]
    assert mesh.field_data["TimeValue"][0] == 11.5
    assert pv.read(blobs.path, dimensions=(5, 6, 7)).dimensions == (5, 6, 7)


def test_a_bar_is_shown_where_one_is_wanted(blobs, capsys):
    pv.read(blobs.path, progress_bar=True)
    assert "Reading blobs.stsr: 100%" in capsys.readouterr().err


def test_a_mesh_is_saved_as_a_model_that_interpolates_it(series, tmp_path):
    mesh = series[4]
    mesh.save(tmp_path / "one.stsr")
    model = Model(tmp_path / "one.stsr")
    assert model.header.kind == "tricubic_linear" and model.header.time_unit == "s"
    np.testing.assert_allclose(pv.read(tmp_path / "one.stsr")["b"], mesh["b"], atol=1e-5)
    assert model.at(factor=2).dimensions == (23, 23, 23)


def test_what_cannot_be_read_is_one_sentence(blobs, tmp_path):
    (tmp_path / "no.stsr").write_bytes(b"something else")
    with pytest.raises(OSError, match=r"no\.stsr: expected a \.stsr model, found") as caught:
        pv.read(tmp_path / "no.stsr")
    assert "\n" not in str(caught.value)
    reader = pv.get_reader(blobs.path)
    with pytest.raises(ValueError, match="time_point must lie from 0 to 8, got 9"):
        reader.set_active_time_point(9)
    with pytest.raises(ValueError, match="time must be a finite number"):
        reader.set_active_time_value("noon")
