#!/usr/bin/env bash
# Sets up a checkout: system packages (ParaView, Xvfb, GL) through apt, then .venv with the project in it.
#   .ci/setup.sh           everything is needed; what cannot be installed ends the script
#   .ci/setup.sh --demo    the system packages are welcome; only the Python part is needed
# A second run finds everything in place and installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

wanted=needed
[ "${1:-}" = "--demo" ] && wanted=welcome

# ── System packages ────────────────────────────────────────────────────────────────────────────────
# A package is missing when what it is wanted for is missing, so that ParaView or MPI from elsewhere counts.
missing_packages() {
  have pvpython || echo paraview
  # Debian and Ubuntu ship ParaView's Python modules apart; Kitware's binaries bring their own.
  if have dpkg-query && { ! have pvpython || dpkg-query -S "$(command -v pvpython)" >/dev/null 2>&1; }; then
    dpkg-query -W -f '${Status}' python3-paraview 2>/dev/null | grep -q 'ok installed' || echo python3-paraview
  fi
  { have Xvfb && have xvfb-run; } || echo xvfb
  have xauth || echo xauth
  have mpiexec || echo openmpi-bin
  have cmake || echo cmake
  # The page of `stsr serve` is tested in it; nobody needs it to look at the demo.
  # (Ubuntu's package of that name is no browser but a pointer to a store: there those tests are left out.)
  [ "$wanted" = welcome ] || have chromium || ! grep -qs '^ID=debian' /etc/os-release || echo chromium
  # GL for the vtk wheel and Mesa's software renderer for machines without a graphics card.
  local libraries
  libraries=$( (have ldconfig && ldconfig -p || /sbin/ldconfig -p) 2>/dev/null || true)
  grep -q 'libGL\.so\.1' <<<"$libraries" || echo libgl1
  grep -q 'libEGL\.so\.1' <<<"$libraries" || echo libegl1
  grep -q 'libXrender\.so\.1' <<<"$libraries" || echo libxrender1
  compgen -G '/usr/lib*/dri/swrast_dri.so' >/dev/null || compgen -G '/usr/lib/*/dri/swrast_dri.so' >/dev/null \
    || echo libgl1-mesa-dri
  # Debian's ParaView needs more than it depends on: the icons of its toolbars are SVG, and Qt 6 opens no
  # window without xcb-cursor.
  case $(have apt-cache && apt-cache depends paraview 2>/dev/null || true) in
    *libqt6*)
      grep -q 'libQt6Svg\.so\.6' <<<"$libraries" || echo libqt6svg6
      grep -q 'libxcb-cursor\.so\.0' <<<"$libraries" || echo libxcb-cursor0
      ;;
    *libqt5*) grep -q 'libQt5Svg\.so\.5' <<<"$libraries" || echo libqt5svg5 ;;
  esac
  system_python_makes_environments || echo python3-venv
}

system_python_makes_environments() {
  [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

install_system_packages() {
  local packages as_root=()
  packages=$(missing_packages | tr '\n' ' ')
  [ -z "${packages// /}" ] && return 0
  if ! have apt-get; then
    say "this system has no apt; please install what these Debian packages hold: $packages"
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    # -n: never wait for a password where nobody can type one.
    if have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      say "not root and no sudo; please run: apt-get install $packages"
      return 1
    fi
  fi
  say "installing with apt: $packages"
  # shellcheck disable=SC2086  # one word per package
  "${as_root[@]}" apt-get update -q \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages \
    || { say "apt could not install them; please run: apt-get install $packages"; return 1; }
}

# Twice: which Qt there is only the lists tell that the first call may have fetched.
if ! { install_system_packages && install_system_packages; }; then
  [ "$wanted" = welcome ] || fail "the tests need the packages above"
  say "going on without them: the demo runs without ParaView"
fi

# ── Python environment ─────────────────────────────────────────────────────────────────────────────
# ParaView loads torch from .venv, so .venv must be made by a Python of the version inside ParaView.
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null | tail -n 1; }
makes_environments() { "$1" -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

paraview_python=""
have pvpython && paraview_python=$(version_of pvpython || true)

choose_python() {
  local candidate
  for candidate in "/usr/bin/python$paraview_python" "python$paraview_python" /usr/bin/python3 python3; do
    have "$candidate" && makes_environments "$candidate" || continue
    [ -z "$paraview_python" ] || [ "$(version_of "$candidate")" = "$paraview_python" ] || continue
    echo "$candidate"
    return 0
  done
  return 1
}

python=$(choose_python) || fail "no Python ${paraview_python:-3.10 or newer} with its venv module found" \
  "${paraview_python:+(the version inside ParaView)}; on Debian and Ubuntu: apt-get install python3-venv"
if [ -x .venv/bin/python ] && [ "$(version_of .venv/bin/python)" != "$(version_of "$python")" ]; then
  say "making .venv anew: it has Python $(version_of .venv/bin/python), ParaView has $(version_of "$python")"
  rm -rf .venv
fi
if [ ! -x .venv/bin/python ]; then
  say "making .venv with $python ($(version_of "$python"))"
  "$python" -m venv .venv
fi

# The stamp holds what was installed: another pyproject.toml, or a moved checkout, brings all packages again.
stamp=.venv/stsr-installed
state="$PWD $(sha256sum <pyproject.toml)"
sources=$(find stsr_core filters plugin -name '__pycache__' -prune -o -type f -print | sort | xargs sha256sum | sha256sum)
fresh() { [ "$(cat "$stamp" 2>/dev/null || true)" = "$state
$sources" ] && [ -z "$(find .venv/lib -name '__editable__*stsr*' -print -quit)" ]; }
install_project() {
  rm -rf build/lib  # setuptools would install what was deleted since
  .venv/bin/python -m pip install --quiet "$@"
}
if [ "$(head -n 1 "$stamp" 2>/dev/null || true)" != "$state" ]; then
  say "installing the project and what it needs into .venv (torch is large: this takes some minutes)"
  install_project '.[dev]'
fi
if ! fresh; then
  # Not editable: the tests are of what a user gets.
  install_project --no-deps --force-reinstall .
  printf '%s\n%s\n' "$state" "$sources" >"$stamp"
fi
