"""Run the notebooks of ``examples/notebooks`` and keep them with their pictures beside their text.

    python docs/make_notebooks.py [NAME ...] [--small] [--output FOLDER]

Each is kept twice: as text (``.py``), which is edited and reviewed, and run (``.ipynb``), which is read.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import jupytext
import nbclient
import nbformat

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "notebooks"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="without suffix (default: all)")
    parser.add_argument("--small", action="store_true", help="in seconds, as the tests do")
    parser.add_argument("--output", type=Path, default=FOLDER, help="where the .ipynb are written")
    options = parser.parse_args()
    if options.small:
        os.environ["STSR_NOTEBOOK"] = "small"
    if not os.environ.get("DISPLAY"):
        os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkEGLRenderWindow"  # or else VTK looks for a display
    for name in options.names or sorted(path.stem for path in FOLDER.glob("*.py")):
        notebook = executed(FOLDER / f"{name}.py")
        nbformat.write(notebook, options.output / f"{name}.ipynb")
        print(options.output / f"{name}.ipynb")


def executed(source: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in a folder of its own; what no reader needs is left out."""
    notebook = jupytext.read(source)
    folder = tempfile.mkdtemp(prefix="stsr-notebook-")
    try:
        place = {"metadata": {"path": folder}}
        nbclient.NotebookClient(notebook, timeout=600, resources=place, coalesce_streams=True).execute()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # random otherwise: every run would change every cell
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data.pop("image/jpeg", None)  # the same picture again
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    return notebook


if __name__ == "__main__":
    main()
