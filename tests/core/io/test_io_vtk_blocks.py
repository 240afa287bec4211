"""Blocks of values in VTK files: sound ones of every layout are read, wrong sizes are refused beforehand."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io import open_series, write_series
from stsr_core.io.vtk import to_vtk_image
from stsr_core.series import VolumeSeries

pytestmark = pytest.mark.requires_vtk
GRID = Grid((3, 4, 5))
VALUES = np.random.default_rng(0).standard_normal((1, *GRID.shape)).astype(np.float32)


def everything(grid: Grid):
    """An image with all that a file may hold beside the values: vectors, bits, texts, cells, field data."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkBitArray, vtkStringArray

    image = to_vtk_image(grid, {"p": VALUES[0]}, units={"p": "K"}, time=1.0, time_unit="µs")
    vector = numpy_to_vtk(np.arange(3.0 * grid.size).reshape(-1, 3), deep=True)
    cells = numpy_to_vtk(np.arange(float(image.GetNumberOfCells())), deep=True)
    texts, few, none, bits = vtkStringArray(), vtkStringArray(), vtkStringArray(), vtkBitArray()
    for i in range(grid.size):
        texts.InsertNextValue(f"point {i}")
        bits.InsertNextValue(i % 2)
    for text in ("a", "", "ü"):
        few.InsertNextValue(text)
    for where, name, array in (
        (image.GetPointData(), "v", vector),
        (image.GetPointData(), "names", texts),
        (image.GetPointData(), "bits", bits),
        (image.GetCellData(), "c", cells),
        (image.GetFieldData(), "few", few),
        (image.GetFieldData(), "none", none),
    ):
        array.SetName(name)
        where.AddArray(array)
    return image


@pytest.mark.parametrize(
    ("mode", "encoded", "compressor"),
    list(itertools.product(("Ascii", "Binary", "Appended"), (0, 1), ("None", "ZLib"))),
)
@pytest.mark.parametrize(("header_bits", "byte_order"), [(32, 0), (64, 1)])
def test_every_layout_of_a_sound_file_is_read(tmp_path, mode, encoded, compressor, header_bits, byte_order):
    from vtkmodules.vtkIOXML import vtkXMLImageDataWriter

    writer = vtkXMLImageDataWriter()
    writer.SetInputData(everything(GRID))
    getattr(writer, f"SetDataModeTo{mode}")()
    writer.SetEncodeAppendedData(encoded)
    getattr(writer, f"SetCompressorTypeTo{compressor}")()
    writer.SetHeaderType(header_bits)
    writer.SetByteOrder(byte_order)
    writer.SetNumberOfPieces(2)
    writer.SetFileName(str(tmp_path / "a.vti"))
    assert writer.Write()
    series = open_series(tmp_path / "a.vti")
    assert series.names == ("p", "v_X", "v_Y", "v_Z")
    assert (series["p"].unit, series.time_unit) == ("K", "µs")
    np.testing.assert_allclose(series["p"].array(), VALUES, rtol=1e-6)
    assert series["v_Y"].step(0).ravel()[:3].tolist() == [1.0, 4.0, 7.0]


@pytest.mark.parametrize(
    ("offset", "length", "message"),
    [
        (0, 1 << 40, "the values of 'TimeValue' lie beyond the end of the file"),
        (0, 16, "expected 8 bytes for 'TimeValue', found 16"),
        (16, 40, "expected 1 texts in 'TimeUnit', found "),
        (26, 239, "expected 240 bytes for 'p', found 239"),
    ],
)
def test_a_wrong_size_before_a_block_is_refused(tmp_path, offset, length, message):
    path = tmp_path / "a.vti"
    write_series(path, VolumeSeries.from_arrays({"p": VALUES}, GRID, time_unit="s"))
    content = bytearray(path.read_bytes())
    place = content.index(b"_", content.index(b"<AppendedData")) + 1 + offset
    content[place : place + 8] = struct.pack("<Q", length)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.vti: cannot read the header: {message}"):
        open_series(path)


def test_a_type_that_vtk_does_not_know_is_refused(tmp_path):
    path = tmp_path / "a.vti"
    write_series(path, VolumeSeries.from_arrays({"p": VALUES}, GRID))
    path.write_bytes(path.read_bytes().replace(b'"Float32" Name="p"', b'"Float23" Name="p"'))
    with pytest.raises(ValueError, match=r"array 'p' has the unknown type 'Float23'"):
        open_series(path)
