"""A model file in Python's hands: meshes at any time and resolution, mixtures of members, pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import finalize

import numpy as np

from stsr_core.coordinates import Domain
from stsr_core.fields.kinds import kind_of
from stsr_core.model.checkpoint import Header
from stsr_core.request.blend import BlendChoice
from stsr_core.request.extras import Extras, Uncertainty
from stsr_core.request.output import Request
from stsr_core.request.output_times import time_range
from stsr_core.words import names_of
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.notebook.choices import Report, grid_choice
from stsr_filters.notebook.decoding import copy_model, decoded

if TYPE_CHECKING:
    import pyvista

    from stsr_filters.notebook.comparison import Comparison
    from stsr_filters.notebook.series import Series


class Model:
    """A ``.stsr`` file: what was learned of a series, at any time and any resolution.

    The file is read anew when it has changed, and loaded when the first mesh is asked for.

    Parameters
    ----------
    path : str or Path
        A model of ``stsr fit``, of :meth:`Series.fit` or of ParaView's Neural Fit.

    Raises
    ------
    stsr_core.CheckpointError
        If there is no usable model.

    Examples
    --------
    >>> model = Model("vortex.stsr")                            # doctest: +SKIP
    >>> model.at(0.32, factor=2).plot(volume=True)              # doctest: +SKIP
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._decoder = Decoder()
        self._decoder.header(str(self._path))

    @classmethod
    def with_its_folder(cls, path: str | os.PathLike[str]) -> Model:
        """A model that takes the folder of its file with it when it is no longer used."""
        model = cls(path)
        finalize(model, shutil.rmtree, model.path.parent, ignore_errors=True)
        return model

    @property
    def path(self) -> Path:
        """The model file."""
        return self._path

    @property
    def header(self) -> Header:
        """What the file says of itself."""
        return self._decoder.header(str(self._path))

    @property
    def domain(self) -> Domain:
        """Names, units, grids, times and value ranges of the variables."""
        return self.header.domain

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables or members."""
        return self.domain.names

    @property
    def times(self) -> np.ndarray:
        """Times (T,) of the steps that the kept ones were taken from, of all variables united."""
        return np.unique(np.concatenate([variable.full_times for variable in self.domain]))

    @property
    def kept_times(self) -> np.ndarray:
        """Times (T,) of the steps that were learned from, of all variables united."""
        return np.unique(np.concatenate([variable.times for variable in self.domain]))

    @property
    def time_range(self) -> tuple[float, float]:
        """First and last time that can be shown."""
        return time_range(self.domain) or (float(self.times[0]),) * 2

    @property
    def field(self) -> Any:
        """What :func:`stsr_core.evaluate` takes, loaded once."""
        return self._decoder.field(str(self._path))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Model:
        """Copy the file, and return the model of the copy.

        Parameters
        ----------
        path : str or Path
            Ending in ``.stsr``.
        overwrite : bool, default: False
            Replace what stands there.

        Returns
        -------
        Model

        Raises
        ------
        ValueError, FileExistsError
            If the name ends otherwise, or is taken.
        """
        copy_model(self._path, Path(path), overwrite=overwrite)
        return Model(path)

    def at(
        self,
        time: float | None = None,
        factor: float | Sequence[float] | None = None,
        *,
        dimensions: Sequence[int] | None = None,
        spacing: float | Sequence[float] | None = None,
        reference_image: pyvista.ImageData | None = None,
        variables: str | Sequence[str] | None = None,
        motion: bool = False,
        uncertainty: bool = False,
        progress_bar: bool = False,
        report: Report | None = None,
    ) -> pyvista.ImageData:
        """The variables at one time.

        Parameters
        ----------
        time : float
            Any between the first and the last; outside, the nearest end is shown, with a warning. It need not
            be given where the model has but one.
        factor : float or (x, y, z), optional
            Intervals per interval of the model's own grid; by default 1, that grid itself.
        dimensions : (x, y, z), optional
            Number of points.
        spacing : float or (x, y, z), optional
            Distance of points, rounded so that the end points stay.
        reference_image : ImageData or RectilinearGrid, optional
            The points of this mesh.
        variables : str or sequence of str, optional
            By default all.
        motion : bool, default: False
            Add vectors ``NAME_motion``: the velocity of what passes each point.
        uncertainty : bool, default: False
            Add ``NAME_standard_error``, and ``NAME_lower`` and ``NAME_upper``, between which about 90 % of
            the true values lie.
        progress_bar : bool, default: False
            Show how far it is.
        report : callable, optional
            Called with the fraction done and a text, in place of the bar.

        Returns
        -------
        pyvista.ImageData
            Point data in physical units and in the type that the data came in.

        Raises
        ------
        ValueError
            If what is asked for is impossible, or the model knows no motion or error bars.
        MemoryError
            If it would not fit.
        """
        grid, like = grid_choice(factor, dimensions, spacing, reference_image, default=1.0)
        extras = Extras(motion, Uncertainty.INTERVAL if uncertainty else Uncertainty.NONE)
        request = Request(names_of(variables), grid=grid, extras=extras)
        return self.decode(request, time, like=like, progress_bar=progress_bar, report=report)

    def blend(
        self,
        weights: Mapping[str, float],
        time: float | None = None,
        factor: float | Sequence[float] | None = None,
        *,
        dimensions: Sequence[int] | None = None,
        spacing: float | Sequence[float] | None = None,
        reference_image: pyvista.ImageData | None = None,
        interpolation: str = "linear",
        progress_bar: bool = False,
    ) -> pyvista.ImageData:
        """A mixture of members, in the array ``interpolated``.

        Parameters
        ----------
        weights : mapping of str to float
            Members and their weights, which are divided by their sum. The first member says where and when
            the mixture lies.
        time, factor, dimensions, spacing, reference_image, progress_bar
            As for :meth:`at`.
        interpolation : {"linear", "spherical"}
            Of the latent vectors.

        Returns
        -------
        pyvista.ImageData

        Raises
        ------
        ValueError
            If a member is unknown, a weight negative, or the model has one variable alone.
        """
        choice = BlendChoice.of_weights(weights, interpolation)
        grid, like = grid_choice(factor, dimensions, spacing, reference_image, default=1.0)
        return self.decode(Request(blend=choice, grid=grid), time, like=like, progress_bar=progress_bar)

    def latent_vectors(self) -> dict[str, np.ndarray]:
        """The latent vector (L,) of each variable, in which members that are alike lie near each other.

        Raises
        ------
        ValueError
            If models of this kind have none.
        """
        header = self.header
        if not kind_of(header.kind).latent_vectors:
            raise ValueError(f"a {header.kind} model has no latent vectors")
        field = self.field
        places = getattr(field, "places", 0)  # entries that only say which variable is meant
        return {name: field.latent(name).detach().cpu().numpy()[places:] for name in header.domain.names}

    def compare(self, truth: Series, *, progress_bar: bool = False) -> Comparison:
        """Every measure at every step of the true series, kept and unseen steps apart.

        Parameters
        ----------
        truth : Series
            With variables of the model's names, or one alone of each.
        progress_bar : bool, default: False
            Show how far it is.

        Returns
        -------
        Comparison
        """
        from stsr_filters.notebook.comparison import compare_model

        return compare_model(self, truth, progress_bar=progress_bar)

    def plot(self, time: float | None = None, variable: str | None = None, **options: Any) -> Any:
        """Show a volume rendering; where it is interactive, a slider leads to every time.

        Parameters
        ----------
        time : float, optional
            By default the middle.
        variable : str, optional
            By default the first.
        **options
            See :func:`stsr_filters.notebook.player.plot`.

        Returns
        -------
        object
            What ``pyvista.Plotter.show`` returns.
        """
        from stsr_filters.notebook.player import plot

        return plot(self, time, variable, **options)

    def decode(self, request: Request, time: float | None, **options: Any) -> pyvista.ImageData:
        """What a request asks for at one time, see :func:`stsr_filters.notebook.decoding.decoded`."""
        return decoded(self._decoder, str(self._path), request, time, **options)

    def __repr__(self) -> str:
        first, last = self.time_range
        return f"Model({str(self._path)!r}: {', '.join(self.variables)}; t = {first:g} … {last:g})"

    def _repr_html_(self) -> str:
        from stsr_filters.notebook.html import model_html

        return model_html(self)
