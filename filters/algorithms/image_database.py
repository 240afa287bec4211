"""Image Database: the picture of a database that is nearest to a time and a direction, as a source."""

from __future__ import annotations

import os
import time as clock
from enum import IntEnum

import numpy as np

from stsr_core.grid import Grid
from stsr_core.imagecodec.images import Images, Record, nearest_record, times_in, variables_in, views_in
from stsr_core.imagecodec.open import index_of, open_images
from stsr_core.imagecodec.views import angles_of
from stsr_core.io.vtk import to_vtk_picture
from stsr_filters.decoding.cache import StepCache
from stsr_filters.decoding.resources import cache_capacity
from stsr_filters.pipeline import live
from stsr_filters.pipeline.information import add_text, announce, asked_time
from stsr_filters.pipeline.reporting import Reporting
from stsr_filters.pipeline.sentence import EXPECTED
from stsr_filters.pipeline.vtk_compat import VTKPythonAlgorithmBase, vtkDataObject, vtkImageData

AUTOMATIC = "(automatic)"
#: Field data that says what the picture is.
SHOWN_ARRAY = "shown"
#: Pictures that were read, of all sources of this process.
_pictures = StepCache()

#: Path, modification time in nanoseconds and size of the file that lists the images.
Key = tuple[str, int, int]


class View(IntEnum):
    """The values of the property View: what says from where the volume is seen."""

    ANGLES = 0
    CAMERA = 1


class ImageDatabase(VTKPythonAlgorithmBase):
    """A picture of a database of images, RGB bytes in the point array ``RGB``, one pixel a node.

    Shown is the stored image of one variable that is nearest to the time asked for and, of that time, to a
    direction: two angles, or the camera of another view of the window, if there is one. A failure never
    raises through VTK: it is shown, kept as the last error, and leaves an empty output.

    Examples
    --------
    >>> source = ImageDatabase()               # doctest: +SKIP
    >>> source.SetFileName("vf.cdb")           # doctest: +SKIP
    >>> source.SetPhi(-60.0)                   # doctest: +SKIP
    >>> source.UpdateTimeStep(12.5)            # doctest: +SKIP
    """

    def __init__(self) -> None:
        VTKPythonAlgorithmBase.__init__(self, nInputPorts=0, nOutputPorts=1, outputType="vtkImageData")
        self._file = ""
        self._variable = ""
        self._view = int(View.ANGLES)
        self._angles = (20.0, -65.0)
        self._cache_size = 0
        self._opened: tuple[Key, Images] | None = None
        self._shown: Record | None = None
        self._filled: Key | None = None
        self._reporting = Reporting(self, "Image Database")
        self._watch = live.Watch()

    # Properties

    def SetFileName(self, path: str | None) -> None:
        """The database: a ``.cdb`` folder, its ``data.csv``, or a ``.fcnr`` file; None is an empty string."""
        self._set("_file", path or "")

    def GetFileName(self) -> str:
        """The database, "" if none is chosen."""
        return self._file

    def SetVariable(self, name: str | None) -> None:
        """What is shown; "" or "(automatic)" for the first variable of the database."""
        self._set("_variable", "" if name in (None, AUTOMATIC) else name)

    def GetVariableChoices(self) -> list[str]:
        """What Variable can be: "(automatic)" and the variables of the database."""
        images = self._try_open()
        return [AUTOMATIC, *(() if images is None else variables_in(images.records))]

    def SetView(self, view: int) -> None:
        """A :class:`View`: the angles below, or the camera of another view."""
        self._set("_view", int(view))

    def SetTheta(self, theta: float) -> None:
        """Elevation of the camera above the x-y plane, degrees in [-90, 90]."""
        self._set("_angles", (float(theta), self._angles[1]))

    def SetPhi(self, phi: float) -> None:
        """Azimuth of the camera around z, from the x axis, degrees; whole turns more are the same."""
        self._set("_angles", (self._angles[0], float(phi)))

    def SetCacheSize(self, mebibytes: int) -> None:
        """Most memory that pictures take, of all sources; 0 or less for an eighth of this machine's."""
        self._cache_size = max(0, int(mebibytes))

    # What a panel reads

    def GetShownView(self) -> list[float]:
        """Theta and phi of the image that is shown, degrees; [0, 0] if there is none."""
        return [0.0, 0.0] if self._shown is None else [self._shown.theta, self._shown.phi]

    def GetStatus(self) -> str:
        """One line: what is shown, or what is wrong."""
        if self._reporting.last_error:
            return self._reporting.last_error
        if not self._file:
            return "no database is chosen"
        if self._reporting.outcome:
            return self._reporting.outcome
        images = self._try_open()
        if images is None:
            return ""
        records = images.records
        return f"{len(records)} images: {len(times_in(records))} times, {len(views_in(records))} views"

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    def GetNeedsUpdate(self) -> bool:
        """Whether another image is due: the camera was turned, or the database has grown.

        ParaView's window asks it a few times a second.
        """
        self._watch.asks(self)
        shown, opened = self._shown, self._opened
        if shown is None or opened is None:
            return False
        try:
            news = database_key(self._file) != self._filled
            if not news and self._view == View.CAMERA:
                news = self._nearest(opened[1], shown.time) != shown
        except EXPECTED:  # being replaced, perhaps; what is shown stays
            return False
        if news:
            self.Modified()
        return news

    # The pipeline

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce pixels and times; a failure is kept for RequestData, which is asked once and not often."""
        information = outInfo.GetInformationObject(0)
        self._reporting.reset()
        try:
            images = self._open()
            height, width = images.size
            times = times_in(images.records)
        except Exception as error:
            if self._file:
                self._reporting.foresee(error)
            announce(information, Grid((1, 1, 1)), (), None)
            return 1
        ends = (times[0], times[-1]) if len(times) > 1 else None
        announce(information, Grid((1, height, width)), times, ends)
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Fill the output, or leave it empty with an error."""
        image = vtkImageData.GetData(outInfo)
        with self._reporting.update([image]):
            self._shown = None
            self._fill(image, asked_time(outInfo.GetInformationObject(0)))
        return 1

    def _fill(self, image: vtkImageData, wanted: float | None) -> None:
        images = self._open()
        times = times_in(images.records)
        asked = times[0] if wanted is None else wanted
        self._check()
        record = self._nearest(images, asked)
        start = clock.perf_counter()
        pixels, where = self._read(images, record)
        image.ShallowCopy(to_vtk_picture(pixels))
        if len(times) > 1:
            image.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), asked)
        text = f"{record.variable} at t = {record.time:g}, θ {record.theta:.1f}°, φ {record.phi:.1f}°"
        add_text(image, SHOWN_ARRAY, text)
        remarks = [] if record.time == asked else [f"the nearest to t = {asked:g}"]
        if self._view == View.CAMERA and self._camera() is None:
            remarks.append("no other view with a camera, so Theta and Phi count")
        took = f"{1000 * (clock.perf_counter() - start):.0f} ms"
        height, width = images.size
        pixel_text = f"{width} x {height} pixels {where or 'in ' + took}"
        self._shown, self._filled = record, self._opened and self._opened[0]
        self._reporting.outcome = "; ".join([f"{text}: {pixel_text}", *remarks])

    def _read(self, images: Images, record: Record) -> tuple[np.ndarray, str]:
        """An image, and where it comes from, "" for the file."""
        key = (self._opened and self._opened[0], record)
        found = self._kept(key)
        if found is not None:
            return found, "from the cache"
        pixels = images.read(record)
        _pictures.keep({key: pixels}, self._capacity)
        return pixels, ""

    def _kept(self, key: object) -> np.ndarray | None:
        found = _pictures.take([key])  # type: ignore[list-item]
        _pictures.keep(found, self._capacity)  # as the last used one
        return next(iter(found.values()), None)

    @property
    def _capacity(self) -> int:
        return self._cache_size << 20 if self._cache_size else cache_capacity()

    def _check(self) -> None:
        if self._view not in tuple(View):
            raise ValueError(f"View must be 0 (angles) or 1 (camera of another view), got {self._view}")
        theta, phi = self._angles
        if not (-90 <= theta <= 90 and np.isfinite(phi)):
            raise ValueError(f"Theta must lie in [-90, 90] and Phi be finite, got {theta:g} and {phi:g}")

    def _nearest(self, images: Images, time: float) -> Record:
        variable = self._variable or images.records[0].variable
        towards = self._camera() if self._view == View.CAMERA else None
        return nearest_record(images.records, variable, time, towards or self._angles)

    def _camera(self) -> tuple[float, float] | None:
        """Where the camera of another view stands, None if there is no such view."""
        window = live.window()
        direction = None if window is None else window.camera_direction(self)
        if direction is None:
            return None
        theta, phi = angles_of(np.array(direction)).tolist()
        return theta, phi

    def _open(self) -> Images:
        """The database, read anew when its index has changed."""
        if not self._file:
            raise ValueError("no database is chosen; set File Name to a .cdb folder or the data.csv in it")
        try:
            key = database_key(self._file)
        except OSError:
            open_images(self._file)  # which says better what is missing
            raise
        if self._opened is None or self._opened[0] != key:
            self._opened = key, open_images(self._file)
            _pictures.drop(lambda kept: kept[0][0] == key[0] and kept[0] != key)  # type: ignore[index]
        return self._opened[1]

    def _try_open(self) -> Images | None:
        try:
            return self._open()
        except EXPECTED:
            return None

    def _set(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.Modified()


def database_key(path: str) -> Key:
    """What tells a database from another, or from itself before it has grown; OSError if there is none."""
    index = index_of(path)
    status = os.stat(index)
    return os.path.abspath(index), status.st_mtime_ns, status.st_size
