#!/usr/bin/env bash
# stranger.sh [go] [binary] [npm]: walks the ways to Tetherscope as a stranger does: with an empty home, and with nothing
# but Go, the release's archive, or npm. Prints what each takes in seconds and bytes. go and npm ask their registries for
# dependencies; the module itself comes from this checkout's commit. binary and npm need make release and make npm before.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# walk NAME COMMAND...: runs a step and prints its time.
walk() {
	local name=$1 begin=$EPOCHREALTIME
	shift
	"$@"
	printf '%-32s %6.1f s\n' "$name" "$(bc <<<"$EPOCHREALTIME - $begin")"
}
size() { printf '%-32s %6.1f MB\n' "$1" "$(bc <<<"scale=1; $(du -sb "${@:2}" | awk '{s += $1} END {print s}') / 1000000")"; }
one() { # one PATTERN TARGET: the newest file of a pattern
	local found
	found=$(ls -t $1 2>/dev/null | head -1)
	[ -n "$found" ] || { echo "stranger.sh: $1 is not there: $2 makes it" >&2; exit 1; }
	echo "$root/$found"
}

by_go() {
	local module=github.com/tetherscope/tetherscope version=v0.0.1 home=$work/go-home proxy=$work/proxy upstream
	upstream=$(go env GOPROXY)
	mkdir -p "$home" "$proxy/$module/@v"
	cp go.mod "$proxy/$module/@v/$version.mod"
	echo "{\"Version\":\"$version\",\"Time\":\"$(git log -1 --format=%cI)\"}" >"$proxy/$module/@v/$version.info"
	local nested # modules of their own are not part of a module
	mapfile -t nested < <(git ls-files '*/go.mod' | sed 's|^\(.*\)/go.mod$|:(exclude)\1|')
	git archive --format=zip --prefix="$module@$version/" -o "$proxy/$module/@v/$version.zip" HEAD -- . "${nested[@]}"
	install() { env -i HOME="$home" PATH="$(dirname "$(command -v go)"):/usr/bin:/bin" GOPROXY="file://$proxy,$upstream" GONOSUMDB="$module" "$@"; }
	walk "go install" install go install "$module@$version"
	size "downloaded and unpacked" "$home/go/pkg/mod"
	TRYOUT_ENV="GOPROXY=file://$proxy,$upstream GONOSUMDB=$module PATH=$(dirname "$(command -v go)"):/usr/bin:/bin" walk "first start, to a panel" ci/tryout.sh "$home/go/bin/tetherscope" "$home"
	walk "second start" ci/tryout.sh "$home/go/bin/tetherscope" "$home"
}

by_binary() {
	local archive home=$work/binary-home
	archive=$(one "bin/release/tetherscope_*_linux_$(go env GOHOSTARCH).tar.gz" "make release")
	mkdir -p "$home/unpacked"
	walk "unpack" tar -xzf "$archive" -C "$home/unpacked" --strip-components=1
	size "archive" "$archive"
	size "unpacked" "$home/unpacked"
	walk "first start, to a panel" ci/tryout.sh "$home/unpacked/tetherscope" "$home"
}

by_npm() {
	local home=$work/npm-home
	mkdir -p "$home/project"
	echo '{"private":true,"type":"module"}' >"$home/project/package.json"
	away() { (cd "$home/project" && env -i HOME="$home" PATH="$PATH" "$@"); }
	walk "npm install" away npm install --no-audit --no-fund --loglevel=error "$(one 'bin/tetherscope-tether-*.tgz' 'make npm')" "$(one 'bin/tetherscope-test-*.tgz' 'make npm')"
	size "node_modules" "$home/project/node_modules"
	walk "import" away node -e "await import('@tetherscope/tether'); const { startTap } = await import('@tetherscope/test');
		try { await startTap({ binary: 'no-such-program' }); } catch (error) { console.log(error.message.slice(0, 70) + '…'); }" --input-type=module
}

for way in "${@:-go}"; do
	echo "== $way"
	case $way in
	go | binary | npm) "by_$way" ;;
	*) echo "stranger.sh: $way is not one of go, binary, npm" >&2; exit 2 ;;
	esac
done
