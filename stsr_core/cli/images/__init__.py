"""``stsr images``: databases of images of a time-varying volume, one module for each command below it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from stsr_core.cli.images import decode, encode, evaluate, fit, info
from stsr_core.cli.packages import add_from_packages

#: Entry points of this group add commands below ``stsr images``, as ``stsr.commands`` does below ``stsr``.
COMMANDS = "stsr.images"

DESCRIPTION = """\
Pictures of a time-varying volume from many sides, to be looked at without the data.

  render    a series or a model, from all sides, into a database   stsr images render vf.stsr -o vf.cdb
  page      browse a database in a browser, from the disk          stsr images page vf.cdb
  fit       learn from a database how to store it in few bits      stsr images fit vf.cdb
  encode    a database as one file, by what was learned            stsr images encode vf.cdb --model c.stsr
  decode    that file as a database again                          stsr images decode vf.fcnr
  info      what a database, a coded one or a codec holds          stsr images info vf.fcnr
  evaluate  its quality and bytes, beside AVIF, videos, ...        stsr images evaluate vf.cdb vf.fcnr

A database (.cdb) follows the Cinema specification D: a folder with data.csv and PNG files, which any
Cinema viewer opens; ParaView opens it as the source Image Database.

`stsr images COMMAND --help` documents each.
"""


def add_parser(commands: Any, arguments: Sequence[str] | None = None) -> None:
    """Add the command and those below it to the program.

    Parameters
    ----------
    commands : object
        What ``add_subparsers`` has returned.
    arguments : sequence of str, optional
        The command line, where it is known: of the commands that other packages add, only those named in it
        are loaded.
    """
    parser = commands.add_parser(
        "images", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    below = parser.add_subparsers(
        dest="images_command", metavar="COMMAND", required=True, help="one of the above"
    )
    for module in (fit, encode, decode, info, evaluate):
        module.add_parser(below)
    add_from_packages(below, COMMANDS, arguments)
