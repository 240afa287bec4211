"""The names of VTK's pipeline, and what differs between VTK 9.2 and 9.7.

Algorithms, executives, keys, arrays and MPI come from here alone. Rooms that draw (rendering, live, notebook)
import from ``vtkmodules`` what they draw with, and no other room does; tests/house/test_vtk_rules.py sees to
it. Never the umbrella module ``vtk``: it loads rendering and can pull a second VTK into ParaView.
"""

from __future__ import annotations

from typing import Any

# numpy is bound here, by VTK's own Python layer: stsr_plugin has put the environment's numpy first by now.
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonCore import (
    vtkCollection,
    vtkDataArray,
    vtkDataArraySelection,
    vtkDoubleArray,
    vtkIntArray,
    vtkOutputWindow,
    vtkStringArray,
    vtkVersion,
    vtkWeakReference,
)
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkImageData, vtkTable
from vtkmodules.vtkCommonExecutionModel import (
    vtkAlgorithm,
    vtkExecutive,
    vtkExtentTranslator,
    vtkStreamingDemandDrivenPipeline,
)

__all__ = [
    "VTKPythonAlgorithmBase",
    "controller",
    "probe_filter",
    "process_count",
    "process_rank",
    "vtkAlgorithm",
    "vtkCollection",
    "vtkDataArray",
    "vtkDataArraySelection",
    "vtkDataObject",
    "vtkDoubleArray",
    "vtkExecutive",
    "vtkExtentTranslator",
    "vtkImageData",
    "vtkIntArray",
    "vtkOutputWindow",
    "vtkStreamingDemandDrivenPipeline",
    "vtkStringArray",
    "vtkTable",
    "vtkVersion",
    "vtkWeakReference",
    "warped",
]


def warped(image: Any, name: str, factor: float) -> Any:
    """A plane image as a surface whose height above its plane is factor times a point array: vtkPolyData."""
    from vtkmodules.vtkFiltersGeneral import vtkWarpScalar
    from vtkmodules.vtkFiltersGeometry import vtkImageDataGeometryFilter

    plane, warp = vtkImageDataGeometryFilter(), vtkWarpScalar()
    plane.SetInputData(image)
    warp.SetInputConnection(plane.GetOutputPort())
    warp.SetInputArrayToProcess(0, 0, 0, vtkDataObject.FIELD_ASSOCIATION_POINTS, name)
    warp.SetScaleFactor(factor)
    warp.Update()
    return warp.GetOutput()


def probe_filter() -> Any:
    """A new vtkProbeFilter; its module is loaded with the first."""
    from vtkmodules.vtkFiltersCore import vtkProbeFilter

    return vtkProbeFilter()


def process_count() -> int:
    """Number of MPI ranks of this program, 1 without MPI."""
    found = controller()
    return 1 if found is None else int(found.GetNumberOfProcesses())


def process_rank() -> int:
    """MPI rank of this process, 0 without MPI."""
    found = controller()
    return 0 if found is None else int(found.GetLocalProcessId())


def controller() -> Any:
    """VTK's global controller of MPI ranks; None in a VTK without one."""
    try:
        from vtkmodules.vtkParallelCore import vtkMultiProcessController
    except ImportError:  # a VTK built without the parallel module
        return None
    return vtkMultiProcessController.GetGlobalController()
