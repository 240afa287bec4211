"""How Sphinx makes the site: `make docs`, offline."""

import os
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent
ROOT = SITE.parents[1]
sys.path[:0] = [str(SITE), str(ROOT / "tests")]  # from_the_source.py; panel.py, which reads the plugin's XML
os.environ["COLUMNS"] = "96"  # of usages: those of argparse are as wide as the terminal

import stsr_core  # noqa: E402
import stsr_plugin  # noqa: E402, F401  (before autodoc pretends that there is a ParaView)

project = "STSR"
author = "The STSR contributors"
version = release = stsr_core.__version__
html_title = f"STSR {version}"

extensions = [
    "from_the_source",
    "myst_nb",  # Markdown, and the notebooks as they were run
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["gallery_scripts", "gallery/*.ipynb"]  # the gallery's pages are its .rst
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"
# The pages of this folder that are links are pages of the repository; reports begin with a second heading.
suppress_warnings = ["myst.header"]

autosummary_generate = True
autodoc_mock_imports = ["paraview"]  # which has its own Python
autodoc_typehints = "none"  # numpydoc's sections say them
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {"index": []}
html_theme_options = {
    "logo": {"text": "STSR"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
copyright = "the STSR contributors, BSD-3-Clause"

sphinx_gallery_conf = {
    "examples_dirs": "gallery_scripts",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "min_reported_time": 1e9,
    "image_scrapers": ("matplotlib",),
    "within_subsection_order": "FileNameSortKey",
}
