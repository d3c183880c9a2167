#!/usr/bin/env bash
# lint.sh: formats and lints the sources, natively, for js (files of that build only are seen in no other pass), and in the
# module of internal/test/faults. `make test`, `make check` and `make lint` call it.
# The linter is built once, by pinned version, into a cache outside of the checkout. A tree that was found clean is
# remembered there by the hash of everything that the result depends on, and not looked at again.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v2.15.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tetherscope
linter=$cache/golangci-lint-$version

if [ ! -x "$linter" ]; then
  echo "building golangci-lint $version into $cache (once; it takes some minutes)"
  mkdir -p "$cache"
  built=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$built"' EXIT
  GOBIN=$built GOFLAGS= go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
  mv "$built/golangci-lint" "$linter"
fi

read_files() { find . \( -path ./.git -o -path ./bin -o -name node_modules \) -prune -o -type f \( -name '*.go' -o -name go.mod -o -name go.sum -o -name .golangci.yml -o -path ./ci/lint.sh \) -print0; }
state=$({ go version; read_files | sort -z | xargs -0 sha256sum; } | sha256sum | cut -c1-40)
clean=$cache/lint-clean/$state
if [ -e "$clean" ]; then
  echo "nothing changed since the linter found nothing"
  exit 0
fi

# What is built for js: the client, the panel and what they import, and each folder with a file that only that build has.
js=$(GOOS=js GOARCH=wasm go list -deps -f '{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}' ./wasm/... ./panel/...
  find "$PWD" -path "$PWD/internal/test/faults" -prune -o \( -name '*_js.go' -o -name '*_js_test.go' \) -printf '%h\n' | grep -v /testdata/)
js=$(sort -u <<<"$js")
failed=0
"$linter" run ./... || failed=1
# shellcheck disable=SC2086 # a list of folders
GOOS=js GOARCH=wasm "$linter" run $js || failed=1
(cd internal/test/faults && "$linter" run -c ../../../.golangci.yml ./...) || failed=1
[ "$failed" = 0 ] || exit 1

mkdir -p "$cache/lint-clean"
touch "$clean"
find "$cache/lint-clean" -type f -mtime +30 -delete
