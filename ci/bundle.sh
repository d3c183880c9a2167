#!/usr/bin/env bash
# bundle.sh [FOLDER]: makes the files of tether's JS module in FOLDER (default static/dist) from static/tether:
#   tether.mjs         what a page imports: one file, so that nothing has to be found behind it
#   tether-engine.mjs  wasm_exec.js of the Go that runs this, and what keeps it off the page's globals; for resilient sockets
#   tether-worker.mjs  the SharedWorker of shared sockets
# each with its source map. Names are kept: stack traces of a page can be read, and whoever minifies does it anyway.
# esbuild is pinned in ci/tools.mod and built by Go, once: no registry but Go's is asked.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath "${1:-static/dist}")
bundle() {
	go tool -modfile=ci/tools.mod esbuild "$@" \
		--outdir="$out" --out-extension:.js=.mjs --alias:wasm_exec="$(go env GOROOT)/lib/wasm/wasm_exec.js" \
		--bundle --external:./tether-engine.mjs --format=esm --target=es2022 --minify-whitespace --minify-syntax --charset=utf8 \
		--legal-comments=inline --sourcemap --log-level=warning
}
# The panel's script is taken from where the panel says. Bundlers read that in comments, which are kept in a banner only.
bundle tether=static/tether/index.mjs \
	--banner:js='const importUnbundled = (url) => import(/* webpackIgnore: true */ /* @vite-ignore */ url);'
bundle tether-engine=static/tether/program.mjs tether-worker=static/tether/shared-worker.mjs
