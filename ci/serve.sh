#!/usr/bin/env bash
# serve.sh [FLAG ...]: `make serve`. Builds what the first page needs, the server and the panel, side by side; the server then
# builds the rest while it serves (internal/server/rebuild). Both use the flags of that package, so that nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=static/dist
mkdir -p bin "$dist"
# The compiler's own collector takes an eighth of a first build; a large heap of short-lived processes spares most of that.
build=(env GOGC=400 go build -trimpath '-ldflags=-s -w' -tags tetherscope_dev)

[ -e "$dist/panel.wasm" ] && [ -e bin/tetherscope-dev ] ||
	echo "Building the server and the panel for the first time: that takes a minute or two. The other pages follow."
"${build[@]}" -o bin/tetherscope-dev . &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT INT TERM # shells let go on in the background what Ctrl-C ends in the foreground
GOOS=js GOARCH=wasm "${build[@]}" -o "$dist/panel.wasm" ./panel/app || { wait "$server"; exit 1; }
wait "$server"
install -m 644 "$(go env GOROOT)/lib/wasm/wasm_exec.js" "$dist/wasm_exec.js"
exec bin/tetherscope-dev -dev "$@"
