#!/usr/bin/env bash
# The tests of Python with the lowest versions that pyproject.toml allows of what it names.
#
#   tests/lowest_versions.sh [FOLDER] [pytest arguments]
#
# Makes an environment in FOLDER (default /var/tmp/stsr-lowest; 6 GB, CUDA's libraries included, which old
# wheels of torch do not load without), installs the extra [dev] into it with uv, which knows how to choose the
# lowest versions, and runs the tests. Later runs take the checkout as it is now and go on from there. The
# Python is that of $PYTHON, python3 by default. Needs xvfb-run, without which VTK before 9.4 draws nothing. Not
# part of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-/var/tmp/stsr-lowest}
[ $# -gt 0 ] && shift
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/core tests/filters tests/examples/notebooks)

if [ ! -x "$folder/bin/uv" ]; then
  "${PYTHON:-python3}" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet uv
fi
rm -rf build/lib  # setuptools would install what was deleted since
"$folder/bin/uv" pip install --quiet --python "$folder" --resolution lowest-direct --reinstall-package stsr '.[dev]'
# What old packages say of newer ones that they meet is no error here.
exec xvfb-run -a "$folder/bin/python" -m pytest -o filterwarnings=default "${tests[@]}"
