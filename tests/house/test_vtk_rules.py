"""Where VTK and its order of axes may be known: one owner each, and no new one unnoticed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("stsr_core", "filters", "plugin")

#: Rooms and files that import VTK's classes: files and the pipeline's names, and what draws.
READ_AND_WRITE = ("stsr_core/io/vtk",)
PIPELINE = "filters/pipeline/vtk_compat.py"
DRAWING = ("filters/images/", "filters/rendering/", "filters/live/", "filters/notebook/", "filters/web/")
#: What a room that draws must still take from the pipeline's own file.
PIPELINE_MODULES = {"util.vtkAlgorithm", "vtkCommonExecutionModel", "vtkParallelCore"}
#: They ask which VTK there is, in a Python that is not theirs or before any other import.
ASKING = {"plugin/probe.py", "plugin/site_packages.py"}

#: Who may turn VTK's x-first order into (Z, Y, X) and back: arrays, and extents.
ORDER = ("stsr_core/io/vtk", "filters/pipeline/information.py")
ORDER_CALLS = {"vtk_to_numpy", "numpy_to_vtk", "GetDimensions", "SetDimensions"}
#: They move flat arrays and pixels between VTK and numpy, and never make a volume of them.
FLAT = {"filters/rendering/off_screen.py", "filters/rendering/drawn_data.py"}


def sources() -> dict[str, ast.Module]:
    """Every module of the project by its path from the root."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in files}


def imported_vtk(tree: ast.AST) -> Iterator[str]:
    """Modules of ``vtkmodules`` that a file imports, anywhere in it, or names in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "vtkmodules":
                yield from (alias.name for alias in node.names)
            elif node.module.startswith("vtkmodules."):
                yield node.module.partition(".")[2]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "vtkmodules":
                    yield alias.name.partition(".")[2]
        elif isinstance(node, ast.Constant) and str(node.value).startswith("vtkmodules."):
            yield str(node.value).partition(".")[2]


def offenders(tree: ast.AST) -> Iterator[str]:
    """Names a file calls that know VTK's order of axes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in ORDER_CALLS:
                yield f"{name} in line {node.lineno}"
        elif isinstance(node, ast.Constant) and node.value in ORDER_CALLS:
            yield f"{node.value!r} in line {node.lineno}"


def test_vtk_is_imported_by_its_owners_and_by_what_draws() -> None:
    wrong = {
        path: modules
        for path, tree in sources().items()
        if (modules := set(imported_vtk(tree)))
        and path not in {PIPELINE, *ASKING}
        and not path.startswith((*READ_AND_WRITE, *DRAWING))
    }
    assert not wrong, f"take these from {PIPELINE}, or through stsr_core.io.vtk.load"


def test_names_of_the_pipeline_come_from_one_file() -> None:
    wrong = {
        path: modules
        for path, tree in sources().items()
        if path.startswith(DRAWING) and (modules := set(imported_vtk(tree)) & PIPELINE_MODULES)
    }
    assert not wrong, f"take these from {PIPELINE}"


def test_the_umbrella_is_never_imported() -> None:
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert all(alias.name != "vtk" for alias in node.names), path
            elif isinstance(node, ast.ImportFrom):
                assert node.module not in ("vtk", "vtkmodules.all"), path


def test_the_order_of_axes_is_known_to_its_owners_alone() -> None:
    wrong = {
        path: calls
        for path, tree in sources().items()
        if not path.startswith(ORDER) and path not in FLAT and (calls := list(offenders(tree)))
    }
    assert not wrong, "go through arrays_of, to_vtk_image, valid_points, … of stsr_core/io/vtk*.py"


@pytest.mark.parametrize("path", sorted(FLAT))
def test_files_of_flat_arrays_make_no_volume_of_them(path: str) -> None:
    """No reshaping to three axes by the dimensions of an image."""
    for node in ast.walk(sources()[path]):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("reshape"):
            assert "GetDimensions" not in ast.unparse(node), f"{path}:{node.lineno}"
        if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "::-1":
            assert "GetDimensions" not in ast.unparse(node.value), f"{path}:{node.lineno}"


def test_the_owners_that_are_named_exist() -> None:
    named = {PIPELINE, *ASKING, *FLAT, "filters/pipeline/information.py", "stsr_core/io/vtk.py"}
    assert named <= set(sources())


@pytest.mark.parametrize(
    "code",
    [
        "from vtkmodules.vtkCommonDataModel import vtkImageData",
        "def f():\n    import vtkmodules.vtkFiltersCore",
        "def f():\n    from vtkmodules import vtkCommonCore",
        "import importlib\nimportlib.import_module('vtkmodules.vtkIOXML')",
    ],
)
def test_every_way_to_import_vtk_is_seen(code: str) -> None:
    assert list(imported_vtk(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "numpy_support.vtk_to_numpy(a).reshape(z, y, x)",
        "def f(image):\n    x, y, z = image.GetDimensions()",
        "load('util.numpy_support').numpy_to_vtk(a.ravel())",
        "getattr(support, 'vtk_to_numpy')(a)",
    ],
)
def test_every_way_to_the_order_of_axes_is_seen(code: str) -> None:
    assert list(offenders(ast.parse(code)))
