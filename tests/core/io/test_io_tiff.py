"""TIFF as microscopes write it: ImageJ, OME, a file per time; what they do not say, what they contradict."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from stsr_core.cli.sources import grouped
from stsr_core.grid import Grid
from stsr_core.io import open_grid, open_series, write_series
from stsr_core.series import VolumeSeries

pytestmark = pytest.mark.requires_tifffile
tifffile = pytest.importorskip("tifffile")

#: (T, Z, C, Y, X), as ImageJ orders it.
VALUES = np.random.default_rng(0).integers(0, 256, (5, 3, 2, 6, 7)).astype(np.uint8)
IMAGEJ = {"axes": "TZCYX", "spacing": 0.3, "unit": "um", "finterval": 20.0}


def hyperstack(path: Path, values: np.ndarray = VALUES, **more) -> Path:
    """0.125 um in x, 0.25 um in y, 0.3 um in z, 20 s."""
    tifffile.imwrite(
        path, values, imagej=True, resolution=(8, 4), metadata=IMAGEJ | more.pop("metadata", {}), **more
    )
    return path


def per_time(folder: Path, times=range(5), **more) -> list[Path]:
    """t000.tif, t001.tif, …: the layout of the Cell Tracking Challenge."""
    files = [folder / f"t{t:03}.tif" for t in times]
    for file, step in zip(files, VALUES[:, :, 0], strict=False):
        tifffile.imwrite(file, step, photometric="minisblack", **more)
    return files


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_channels_of_a_hyperstack_are_variables(tmp_path, dtype, compression):
    series = open_series(hyperstack(tmp_path / "cells.tif", VALUES.astype(dtype), compression=compression))
    assert series.names == ("channel_1", "channel_2")
    assert (series.length_unit, series.time_unit) == ("um", "s")
    for c, variable in enumerate(series):
        assert variable.grid == Grid((3, 6, 7), spacing=(0.3, 0.25, 0.125))
        assert variable.times.tolist() == [0, 20, 40, 60, 80]
        assert variable.step(1).dtype == variable.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(variable.array(), VALUES[:, :, c])


@pytest.mark.parametrize("axes", ["TCZYX", "TZCYX", "CTZYX"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_ome_tiff_of_another_program(tmp_path, axes, compression):
    values = np.einsum(f"TZCYX->{axes}", VALUES).astype(">u2")
    metadata = {
        "axes": axes,
        **dict(zip(("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ"), (0.5, 0.25, 2.0), strict=True)),
        **{"TimeIncrement": 30.0, "TimeIncrementUnit": "min", "Channel": {"Name": ["actin", "dna"]}},
    }
    path = tmp_path / "cells.ome.tif"
    tifffile.imwrite(path, values, photometric="minisblack", metadata=metadata, compression=compression)
    series = open_series(path, variables=["dna"])
    assert (series.length_unit, series.time_unit) == ("µm", "min")
    assert series["dna"].grid == open_grid(path) == Grid((3, 6, 7), spacing=(2.0, 0.25, 0.5))
    assert series["dna"].times.tolist() == [0, 30, 60, 90, 120]
    np.testing.assert_array_equal(series["dna"].array(), VALUES[:, :, 1])


def test_when_each_plane_was_taken_counts_before_the_nominal_step(tmp_path):
    when = [0.5, 20.25, 41.0, 60.0, 81.5]
    metadata = {"axes": "TZYX", "TimeIncrement": 20.0, "Plane": {"DeltaT": np.repeat(when, 3).tolist()}}
    tifffile.imwrite(tmp_path / "a.ome.tif", VALUES[:, :, 0], photometric="minisblack", metadata=metadata)
    assert open_series(tmp_path / "a.ome.tif")["a"].times.tolist() == when


def test_a_file_per_time_takes_from_the_arguments_what_it_does_not_say(tmp_path):
    per_time(tmp_path, compression="zlib")
    series = open_series(tmp_path / "t*.tif", spacing=(3.0, 2.0, 1.0), time_step=0.5)
    assert series["intensity"].grid == Grid((3, 6, 7), spacing=(3.0, 2.0, 1.0))
    assert series["intensity"].times.tolist() == [0, 0.5, 1, 1.5, 2]
    np.testing.assert_array_equal(series["intensity"].array(), VALUES[:, :, 0])


def test_every_fourth_file_keeps_its_time(tmp_path):
    files = per_time(tmp_path, (4, 8, 12))
    assert open_series(files)["intensity"].times.tolist() == [4, 8, 12]


def test_the_shell_lists_files_of_one_sequence_and_of_two_series(tmp_path):
    names = [str(f) for f in [*per_time(tmp_path), hyperstack(tmp_path / "cells.tif")]]
    assert grouped(names, 0) == [names[:5], names[5]]


def test_axes_tell_slices_from_times(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", VALUES[:, 0, 0], photometric="minisblack")
    assert open_series(tmp_path / "a.tif")["a"].grid.shape == (5, 6, 7)
    film = open_series(tmp_path / "a.tif", axes="tyx", time_step=2)["a"]
    assert film.grid.shape == (1, 6, 7) and film.times.tolist() == [0, 2, 4, 6, 8]


@pytest.mark.parametrize(
    ("times", "time_unit", "length_unit"),
    [
        ([0.0, 2.0, 4.0, 6.0, 8.0], "s", "micron"),
        ([1.0, 2.0, 4.0, 7.5, 9.0], "min", "mm"),
        ([0.1, 0.2, 0.4, 0.5, 0.9], "weeks", "furlong"),
        ([0.0, 1.0, 2.0, 3.0, 4.0], "", ""),
    ],
)
def test_what_is_written_comes_back(tmp_path, times, time_unit, length_unit):
    turned = (0, -1, 0, 1, 0, 0, 0, 0, 1)
    grid = Grid((3, 6, 7), (1.0, 0.0, -2.0), (0.3, 0.1, 1 / 3), turned)
    arrays = {"a": VALUES[:, :, 0], "b": VALUES[:, :, 1].astype(np.uint16)}
    series = VolumeSeries.from_arrays(arrays, grid, times, {"b": "K"}, time_unit, length_unit)
    write_series(tmp_path / "out.ome.tif", series)
    again = open_series(tmp_path / "out.ome.tif")
    assert [(v.name, v.dtype, v.unit) for v in again] == [(v.name, v.dtype, v.unit) for v in series]
    assert again["a"].grid == grid and again["a"].times.tolist() == times
    assert again.time_unit == time_unit
    assert again.length_unit == length_unit
    for variable in series:
        np.testing.assert_array_equal(again[variable.name].array(), variable.array())


def test_other_programs_find_axes_channels_sizes_and_times(tmp_path):
    series = VolumeSeries.from_arrays(
        {"actin": VALUES[:, :, 0], "dna": VALUES[:, :, 1]},
        Grid((3, 6, 7), spacing=(0.3, 0.2, 0.1)),
        20.0 * np.arange(5),
        time_unit="s",
        length_unit="um",
    )
    write_series(tmp_path / "out.ome.tif", series)
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as file:
        assert (file.series[0].axes, file.series[0].shape) == ("TCZYX", (5, 2, 3, 6, 7))
        pixels = ElementTree.fromstring(file.ome_metadata).find("{*}Image/{*}Pixels")
    expected = {"PhysicalSizeX": "0.1", "PhysicalSizeZ": "0.3", "PhysicalSizeZUnit": "µm"}
    expected |= {"TimeIncrement": "20.0", "TimeIncrementUnit": "s", "Type": "uint8"}
    assert expected.items() <= pixels.attrib.items()
    assert [channel.get("Name") for channel in pixels.findall("{*}Channel")] == ["actin", "dna"]


def test_a_type_that_ome_does_not_know_is_refused_and_nothing_is_left(tmp_path):
    series = VolumeSeries.from_arrays({"a": np.zeros((2, 3, 4, 5), np.int64)})
    with pytest.raises(ValueError, match=r"OME-TIFF holds int8, .*float64, got int64 for a"):
        write_series(tmp_path / "out.tif", series)
    assert not [*tmp_path.iterdir()]


def rgb(path: Path) -> Path:
    tifffile.imwrite(path, np.zeros((4, 8, 8, 3), np.uint8), photometric="rgb")
    return path


def one_frame(path: Path) -> Path:
    tifffile.imwrite(path, VALUES[0, 0, 0])
    return path


def units_apart(path: Path) -> Path:
    sizes = {"PhysicalSizeX": 1.0, "PhysicalSizeXUnit": "nm", "PhysicalSizeZ": 2.0, "PhysicalSizeZUnit": "µm"}
    tifffile.imwrite(
        path, VALUES[:, :, 0], photometric="minisblack", metadata={"axes": "TZYX", **sizes}, ome=True
    )
    return path


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (rgb, {}, r"a\.tif: expected grey values, found a colour picture \(RGB\); split"),
        (one_frame, {}, r"a\.tif: expected a stack .*, found one frame of 7 x 6 pixels"),
        (
            hyperstack,
            {"spacing": (1, 1, 1)},
            r"says the spacing 0\.125 0\.25 0\.3 um .*contradicts .*, 1 1 1$",
        ),
        (hyperstack, {"time_step": 3.0}, r"says the time step 20 s, which contradicts what is given, 3$"),
        (hyperstack, {"time_step": 0.0}, r"time_step must be a finite number > 0, got 0\.0"),
        (hyperstack, {"axes": "TZYX"}, r"must name each of its 5 axes .* got 'TZYX'"),
        (hyperstack, {"variables": ["dna"]}, r"no variable 'dna'; it has channel_1, channel_2"),
        (units_apart, {}, r"expected voxel sizes in one unit, found nm, µm"),
        (lambda p: p.write_bytes(b"no TIFF") and p, {}, r"a\.tif: cannot read as TIFF: "),
    ],
)
def test_bad_files_and_arguments_are_named(tmp_path, make, arguments, message):
    with pytest.raises(ValueError, match=message):
        open_series(make(tmp_path / "a.tif"), **arguments)


def test_what_agrees_with_the_file_may_be_said_again(tmp_path):
    path = hyperstack(tmp_path / "a.tif")
    assert open_series(path, spacing=(0.3, 0.25, 0.125), time_step=20.0)["channel_1"].times[1] == 20


def test_bad_sequences_are_named(tmp_path):
    files = per_time(tmp_path)
    with pytest.raises(ValueError, match=r"t003\.tif: expected time 2 after t001\.tif, which is missing"):
        open_series([files[i] for i in (0, 1, 3, 4)])
    tifffile.imwrite(tmp_path / "t005.tif", VALUES[0, :, 0, 1:], photometric="minisblack")
    with pytest.raises(
        ValueError, match=r"t005\.tif: expected shape .* = \(3, 6, 7\) as in .*t000\.tif, found \(3, 5, 7\)"
    ):
        open_series(tmp_path / "t*.tif")
    tifffile.imwrite(tmp_path / "t005.tif", VALUES[0, :, 0].astype(np.uint16), photometric="minisblack")
    with pytest.raises(ValueError, match=r"t005\.tif: expected uint8 as in .*t000\.tif, found uint16"):
        open_series(tmp_path / "t*.tif")


def test_a_time_step_is_not_for_other_files(tmp_path):
    VALUES.tofile(tmp_path / "a.raw")
    with pytest.raises(
        ValueError, match=r"time_step must be given for TIFF files only, got 2\.0 for .*a\.raw"
    ):
        open_series(tmp_path / "a.raw", time_step=2.0)


def test_one_step_of_a_long_series_reads_its_own_slices_only(tmp_path):
    shape = (240, 1, 8, 100, 100)  # 19 MB
    with tifffile.TiffWriter(tmp_path / "long.ome.tif", ome=True) as file:
        file.write(shape=shape, dtype=np.uint8, photometric="minisblack", metadata={"axes": "TCZYX"})
    tracemalloc.start()
    step = open_series(tmp_path / "long.ome.tif")["long"].step(239)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert step.shape == (8, 100, 100) and peak < 2e6
