"""``mesh.stsr`` of pyvista's ImageData and evenly spaced RectilinearGrid.

pyvista imports this file, by the entry point ``stsr`` of the group ``pyvista.accessors``, when ``mesh.stsr``
is first asked for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pyvista

from stsr_core.request.output import Request
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.request.region import Region
from stsr_core.words import names_of
from stsr_filters.notebook.choices import grid_choice
from stsr_filters.notebook.comparison import Comparison, compare_meshes, errors_of, matched
from stsr_filters.notebook.interpolation import interpolated
from stsr_filters.notebook.meshes import grid_of_mesh, time_of
from stsr_filters.notebook.model import Model


@pyvista.register_dataset_accessor("stsr", pyvista.Grid)
class StsrAccessor:
    """Neural super-resolution of a uniform mesh, and its errors against a true one.

    Parameters
    ----------
    mesh : pyvista.ImageData or pyvista.RectilinearGrid
        Evenly spaced.

    Examples
    --------
    >>> import pyvista as pv                                                 # doctest: +SKIP
    >>> coarse = pv.read("run01/step004.vti")                                # doctest: +SKIP
    >>> fine = coarse.stsr.upscale(4, time=4.5, model="run01.stsr")          # doctest: +SKIP
    >>> fine.stsr.compare(pv.read("full/step0045.vti"))                      # doctest: +SKIP
    """

    def __init__(self, mesh: Any) -> None:
        self._mesh = mesh

    def upscale(
        self,
        factor: float | Sequence[float] | None = None,
        *,
        dimensions: Sequence[int] | None = None,
        spacing: float | Sequence[float] | None = None,
        reference_image: pyvista.ImageData | None = None,
        time: float | None = None,
        variables: str | Sequence[str] | None = None,
        model: Model | str | os.PathLike[str] | None = None,
        inplace: bool = False,
        progress_bar: bool = False,
    ) -> pyvista.ImageData:
        """Show a model over the region of this mesh, at any resolution and time.

        Like :meth:`pyvista.ImageDataFilters.resample`, without its half-voxel shift: end points stay where
        they are, and a factor of 2 makes 2n − 1 points of n. Without a model the mesh's own point arrays are
        interpolated tricubically: one step alone is nothing to learn from.

        Parameters
        ----------
        factor : float or (x, y, z), optional
            Intervals per interval of this mesh, > 0; by default 2, and with a model the points that its
            samples were kept from.
        dimensions : (x, y, z), optional
            Number of points.
        spacing : float or (x, y, z), optional
            Distance of points, rounded so that the end points stay.
        reference_image : ImageData or RectilinearGrid, optional
            The points of this mesh: the output has its dimensions, spacing, origin and direction matrix.
        time : float, optional
            For a model of a series: any between its first and last. By default the time that the mesh says it
            is of (field data ``TimeValue``).
        variables : str or sequence of str, optional
            By default all, of the model or else of the mesh.
        model : Model, str or Path, optional
            A ``.stsr`` file. A :class:`~stsr_filters.notebook.Model` is loaded once for many calls.
        inplace : bool, default: False
            Put the result into this mesh, which must be ImageData.
        progress_bar : bool, default: False
            Show how far it is.

        Returns
        -------
        pyvista.ImageData
            Point data in physical units and in the type that the data came in.

        Raises
        ------
        ValueError
            If what is asked for is impossible: more than one choice of points, a time that is not known, a
            model of other data, cell data alone.
        TypeError
            If this mesh is neither ImageData nor RectilinearGrid, or cannot be changed in place.

        Warns
        -----
        stsr_core.OutsideTrainedRange
            If the time lies outside the trained range; the nearest end is shown.
        """
        if inplace and not isinstance(self._mesh, pyvista.ImageData):
            raise TypeError(f"inplace must be False but for ImageData, got a {type(self._mesh).__name__}")
        choice, like = grid_choice(factor, dimensions, spacing, reference_image, default=2.0)
        names, region = names_of(variables), Region(grid_of_mesh(self._mesh))
        if model is not None:
            if all(each is None for each in (factor, dimensions, spacing, reference_image)):
                choice = GridChoice(GridMode.TRAINING)
            found = (model if isinstance(model, Model) else Model(model)).decode(
                Request(names, grid=choice),
                time_of(self._mesh) if time is None else time,
                region=region,
                like=like,
                progress_bar=progress_bar,
            )
        elif time is not None:
            raise ValueError(f"a time needs a model, got time={time!r} and no model")
        else:
            found = interpolated(self._mesh, names, choice, like, progress_bar=progress_bar)
        if isinstance(reference_image, pyvista.ImageData):
            found.extent, found.origin = reference_image.extent, reference_image.origin
        if not inplace:
            return found
        self._mesh.copy_from(found, deep=False)
        return self._mesh

    def compare(
        self,
        truth: pyvista.Grid,
        *,
        prediction_array: str = "",
        truth_array: str = "",
        pictures: bool = False,
        progress_bar: bool = False,
    ) -> Comparison:
        """Measure this mesh against the true one: PSNR, RMSE, SSIM, chamfer distance of isosurfaces and more.

        Parameters
        ----------
        truth : ImageData or RectilinearGrid
            On its points everything is compared; this mesh is interpolated trilinearly where its own differ.
        prediction_array, truth_array : str, optional
            One array of each; by default all of equal names, or the only one of each.
        pictures : bool, default: False
            Render both as well, for LPIPS and the CIELUV difference.
        progress_bar : bool, default: False
            Show how far it is.

        Returns
        -------
        Comparison
            ``table``, ``value("psnr")`` and ``errors``, a mesh of the error arrays.

        Raises
        ------
        ValueError
            If no arrays belong together, or no point can be compared.
        """
        return compare_meshes(
            self._mesh,
            truth,
            (prediction_array, truth_array),
            pictures=pictures,
            progress_bar=progress_bar,
        )

    def difference(
        self, truth: pyvista.Grid, *, prediction_array: str = "", truth_array: str = ""
    ) -> pyvista.ImageData:
        """This mesh minus the true one, on the points of the true one.

        Parameters
        ----------
        truth : ImageData or RectilinearGrid
        prediction_array, truth_array : str, optional
            As for :meth:`compare`.

        Returns
        -------
        pyvista.ImageData
            ``NAME_error`` of every variable, > 0 where the prediction is too high; the first one active.
            Their absolute and relative values stand beside them.

        Raises
        ------
        ValueError
            As of :meth:`compare`.
        """
        return errors_of(matched(self._mesh, truth, (prediction_array, truth_array)), truth)

    def __repr__(self) -> str:
        return f"{type(self._mesh).__name__}.stsr: upscale, compare, difference"
