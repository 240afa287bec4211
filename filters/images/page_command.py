"""``stsr images page``: a database → a page that opens from the disk."""

from __future__ import annotations

import argparse
from typing import Any

from stsr_core.cli.terminal import next_steps

DESCRIPTION = """\
Write one HTML file by which a database of images is browsed in any browser: drag to turn, a slider for time,
a list of variables, arrow keys. It needs no server and no network; the images stay where they are, and the
page names them relative to itself.
"""

EPILOG = """\
examples:
  stsr images page vf.cdb                      writes vf.cdb/index.html
  stsr images page vf.cdb -o vf.html
"""


def add(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "page",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("database", metavar="FOLDER", help="a Cinema database (.cdb)")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="the page (default: index.html in the database)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing page")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page."""
    from pathlib import Path

    from stsr_core.imagecodec.cinema import ImageDatabase
    from stsr_filters.images.static_page import PAGE, write_page

    database = ImageDatabase.open(options.database)
    page = Path(options.output) if options.output else database.path / PAGE
    if page.exists() and not options.overwrite:
        raise FileExistsError(f"{page} exists; choose another file, or overwrite it")
    if not page.parent.is_dir():
        raise FileNotFoundError(f"{page}: the folder {page.parent} does not exist")
    write_page(database, page)
    options.result.update(output=str(page), images=len(database.records))
    print(f"wrote {page}: {len(database.records)} images")
    next_steps(options, f"open {page} in a browser")
    return 0
