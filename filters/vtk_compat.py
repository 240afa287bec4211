"""Every VTK name the filters use, with what differs between VTK 9.2 and 9.7: the only file that imports VTK.

Never the umbrella module ``vtk``: it loads rendering and can pull a second VTK into ParaView.
"""

from __future__ import annotations

# numpy is bound here, by VTK's own Python layer: stsr_plugin has put the environment's numpy first by now.
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonCore import vtkDataArray, vtkDataArraySelection, vtkOutputWindow
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkImageData
from vtkmodules.vtkCommonExecutionModel import vtkAlgorithm, vtkStreamingDemandDrivenPipeline

__all__ = [
    "VTKPythonAlgorithmBase",
    "process_count",
    "vtkAlgorithm",
    "vtkDataArray",
    "vtkDataArraySelection",
    "vtkDataObject",
    "vtkImageData",
    "vtkOutputWindow",
    "vtkStreamingDemandDrivenPipeline",
]


def process_count() -> int:
    """Number of MPI ranks of this program, 1 without MPI."""
    try:
        from vtkmodules.vtkParallelCore import vtkMultiProcessController
    except ImportError:  # a VTK built without the parallel module
        return 1
    controller = vtkMultiProcessController.GetGlobalController()
    return 1 if controller is None else int(controller.GetNumberOfProcesses())
