#!/usr/bin/env bash
# release.sh [check]: makes bin/release from the commit that is checked out. With check it makes it once more, in a clone in another
# folder with an empty build cache, and wants the same bytes; vets the program for systems that no test runs on; and tries the
# result: unpacked in an empty folder with another home, from the .deb, and alone in a root directory. It takes some 20 CPU minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -z "$(git status --porcelain)" ] || { echo "release.sh: commit everything first: a release is made of a commit" >&2; exit 1; }
go run ./ci/release ${TETHERSCOPE_RELEASE_ONLY:+-only "$TETHERSCOPE_RELEASE_ONLY"}
[ "${1:-}" = check ] || { ls -l bin/release; exit 0; }

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
echo "== the same bytes from a clone with an empty build cache"
git clone -q . "$work/clone"
(cd "$work/clone" && export GOCACHE="$work/cache" && make assets && go run ./ci/release ${TETHERSCOPE_RELEASE_ONLY:+-only "$TETHERSCOPE_RELEASE_ONLY"})
diff -r bin/release "$work/clone/bin/release" && echo "equal"

echo "== vet for the systems that no test runs on"
for system in windows darwin freebsd; do GOOS=$system go vet . ./internal/server/... ./internal/cli/... ./scope/... ./wasm/tether && echo "$system: nothing found"; done

echo "== the archive in an empty folder, with an empty home"
arch=$(go env GOHOSTARCH)
mkdir "$work/away" "$work/home"
tar -xzf bin/release/tetherscope_*_linux_"$arch".tar.gz -C "$work/away" --strip-components=1
(cd bin/release && sha256sum --quiet -c checksums.txt)
ci/tryout.sh "$work/away/tetherscope" "$work/home"

if command -v dpkg >/dev/null && [ "$(id -u)" = 0 ]; then
	echo "== the .deb"
	dpkg -i bin/release/tetherscope_*_linux_"$arch".deb
	ci/tryout.sh /usr/bin/tetherscope "$work/home"
	for file in $(dpkg -L tetherscope); do test -e "$file"; done
	dpkg -P tetherscope
fi
if [ "$(id -u)" = 0 ]; then
	echo "== alone in a root directory, as in an image made from scratch"
	mkdir "$work/root" && cp "bin/release/docker/$arch/tetherscope" "$work/root"
	chroot --userspec=65534:65534 "$work/root" /tetherscope version
fi
