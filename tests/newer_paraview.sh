#!/usr/bin/env bash
# The tests of the plugin and the examples on the ParaView of Debian 13 (5.13, Qt 6, Python 3.13, VTK 9.3).
#
#   sudo tests/newer_paraview.sh [FOLDER] [pytest arguments]
#
# Makes a small Debian 13 in FOLDER (default /var/tmp/stsr-debian13; about 12 GB, torch included) from this machine's own
# mirror, copies the checkout into it, sets it up there as anywhere, and runs the tests. Needs root,
# debootstrap and a quarter of an hour the first time; later runs take the checkout as it is now and go on
# from there. Not part of `make test`. Nothing outside FOLDER is changed; `umount` what it mounted before
# deleting it (the script does when it ends).
set -euo pipefail
cd "$(dirname "$0")/.."

root=${1:-/var/tmp/stsr-debian13}
[ $# -gt 0 ] && shift
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/plugin tests/examples)

fail() { printf 'newer_paraview: %s\n' "$*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail "root is needed to make a Debian in $root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"

if [ ! -e "$root/etc/debian_version" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
  [ -n "$mirror" ] || fail "apt names no mirror on this machine"
  rm -rf "$root.part"  # an interrupted one cannot be gone on with
  debootstrap --variant=minbase --include=ca-certificates,python3-venv trixie "$root.part" "$mirror"
  mv "$root.part" "$root"
fi

# As this machine reaches its registries: certificates, apt's and pip's settings.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L --remove-destination /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
find /etc/apt/apt.conf.d -name '99*' -exec cp {} "$root/etc/apt/apt.conf.d/" \;
[ ! -e /etc/pip.conf ] || cp -L /etc/pip.conf "$root/etc/pip.conf"

mounted=()
unmount() { for place in "${mounted[@]}"; do umount -l "$place" || true; done; }
trap unmount EXIT
for place in proc sys dev dev/shm dev/pts; do
  mountpoint -q "$root/$place" && continue
  mount --bind "/$place" "$root/$place"
  mounted=("$root/$place" "${mounted[@]}")
done

mkdir -p "$root/stsr"
find "$root/stsr" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard | tar --null -T - -c --ignore-failed-read | tar -x -C "$root/stsr"
inside() { chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "${@}"; }
inside bash /stsr/.ci/setup.sh
inside bash -c 'cd /stsr && exec .venv/bin/pytest "$@"' pytest "${tests[@]}"
