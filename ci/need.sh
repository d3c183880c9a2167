#!/usr/bin/env bash
# need.sh COMMAND:PACKAGE ...: installs the Debian packages whose command is missing. Says nothing when all are there.
# In place of a command, import+MODULE is a module that Debian's own Python must have; programs that bring their own Python hide it.
set -euo pipefail
missing=()
there() {
  case $1 in
  import+*) /usr/bin/python3 -c "import ${1#import+}" 2>/dev/null || python3 -c "import ${1#import+}" 2>/dev/null ;;
  *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
  esac
}
for pair in "$@"; do
  there "${pair%%:*}" || missing+=("${pair##*:}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}. This is not a Debian-like system: install them with its own package manager, then try again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
case " ${missing[*]} " in *" gcc "*) missing+=(libc6-dev) ;; esac
echo "installing from Debian: ${missing[*]}"
log=$(mktemp)
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y --no-install-recommends "${missing[@]}" fonts-dejavu-core; } >"$log" 2>&1; then
  tail -20 "$log" >&2
  echo "apt-get could not install ${missing[*]}; the lines above say why" >&2
  exit 1
fi
rm -f "$log"
