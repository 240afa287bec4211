"""The rules of the house: who may import whom, what an import costs, and what a file may hold."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"stsr_core": ROOT / "stsr_core", "stsr_filters": ROOT / "filters", "stsr_plugin": ROOT / "plugin"}
LAYERS = {
    "stsr_core": {"stsr_filters", "stsr_plugin", "paraview", "pyvista"},
    "stsr_filters": {"stsr_plugin", "paraview", "pyvista", "vtk"},
    "stsr_plugin": {"pyvista"},
}
#: Libraries that must not be loaded by `import stsr_core` and the modules that read data and models.
HEAVY = ("vtk", "vtkmodules", "paraview", "pyvista", "h5py", "lpips")
#: One idea in about 250 lines, docstrings included; what is longer has two ideas.
MOST_LINES = 300
#: Where talking to the terminal is the purpose.
PRINTERS = ("stsr_core/cli/", "filters/evaluation/command", "plugin/launch", "plugin/doctor")


def sources() -> list[tuple[str, Path]]:
    """(package, file) of every module of the project."""
    return [(name, path) for name, folder in PACKAGES.items() for path in sorted(folder.rglob("*.py"))]


def module_name(package: str, path: Path) -> str:
    parts = path.relative_to(PACKAGES[package]).with_suffix("").parts
    return ".".join([package, *(p for p in parts if p != "__init__")])


def loaded_after(*imports: str) -> set[str]:
    """Modules in ``sys.modules`` of a fresh interpreter after the imports."""
    code = "import sys\n" + "".join(f"import {name}\n" for name in imports) + "print(*sys.modules, sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT.parent
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def imported_roots(tree: ast.AST) -> set[str]:
    """First parts of the names of all modules imported anywhere in a file."""
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            roots.add(node.module.split(".")[0])
    return roots


def test_importing_the_core_loads_no_heavy_library() -> None:
    assert not loaded_after("stsr_core") & {*HEAVY, "torch", "scipy", "matplotlib"}


def test_no_module_of_the_core_loads_vtk_paraview_pyvista_h5py_or_lpips() -> None:
    modules = [module_name(package, path) for package, path in sources() if package == "stsr_core"]
    assert not loaded_after(*modules) & set(HEAVY)


def test_the_filters_load_without_torch() -> None:
    pytest.importorskip("vtkmodules")
    modules = [module_name(package, path) for package, path in sources() if package == "stsr_filters"]
    loaded = loaded_after(*modules)
    assert not loaded & {"torch", "h5py", "lpips", "pyvista", "paraview"}
    assert "vtkmodules.all" not in loaded, "import from the vtkmodules that are needed, not all of them"


def test_the_command_line_parses_without_torch() -> None:
    code = "import sys; from stsr_core.cli import build_parser; build_parser(); print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_upward(package: str) -> None:
    for owner, path in sources():
        if owner == package:
            # The one room that is about pyvista imports it when called; loading it does not.
            allowed = {"pyvista"} if path.parent.name == "notebook" else set()
            wrong = (imported_roots(ast.parse(path.read_text())) & LAYERS[package]) - allowed
            assert not wrong, f"{path}: must not import {', '.join(sorted(wrong))}"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exported_name_exists_and_is_documented(package: str) -> None:
    if package != "stsr_core":
        pytest.importorskip("vtkmodules")
    module = importlib.import_module(package)
    assert module.__doc__
    names = getattr(module, "__all__", [])
    assert len(names) == len(set(names))
    for name in names:
        getattr(module, name)
        # The first access may have imported a module of that name, which would then hide the object.
        value = getattr(module, name)
        hidden = isinstance(value, ModuleType) and name in getattr(module, "_EXPORTS", ())
        assert not hidden, f"{package}.{name} is its module"
        if not name.startswith("__") and callable(value):
            assert value.__doc__, f"{package}.{name} has no docstring"


def _decorators(node: ast.AST) -> list[str]:
    return [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", [])]


def test_every_public_function_and_class_is_documented() -> None:
    undocumented = []
    for _, path in sources():
        for node in ast.parse(path.read_text()).body:
            is_definition = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            # What is overloaded is documented once, at its implementation.
            if is_definition and not ast.get_docstring(node) and "overload" not in _decorators(node):
                undocumented.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not undocumented


def test_files_stay_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {n} lines"
        for _, path in sources()
        if (n := len(path.read_text().splitlines())) > MOST_LINES
    ]
    assert not long


def test_the_library_does_not_print() -> None:
    for _, path in sources():
        relative = str(path.relative_to(ROOT))
        if relative.startswith(PRINTERS):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            is_print = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            )
            assert not is_print, f"{relative}:{node.lineno}: print in the library"


def test_no_star_imports_and_no_catch_all_module() -> None:
    for _, path in sources():
        assert path.stem not in ("utils", "util", "helpers", "misc", "common")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert all(alias.name != "*" for alias in node.names), f"{path}: star import"


def test_nothing_loads_a_pickle_that_can_execute_code() -> None:
    for _, path in sources():
        tree = ast.parse(path.read_text())
        assert not imported_roots(tree) & {"dill", "joblib", "marshal", "shelve"}, path
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "torch.load":
                safe = [
                    k for k in node.keywords if k.arg == "weights_only" and ast.unparse(k.value) == "True"
                ]
                assert safe, f"{path}:{node.lineno}: torch.load without weights_only=True"
            assert name not in ("eval", "exec", "pickle.load", "pickle.loads", "pickle.Unpickler"), (
                f"{path}:{node.lineno}: {name}"
            )
            assert not any(
                k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords
            ), f"{path}:{node.lineno}: allow_pickle"
