#!/usr/bin/env bash
# test.sh: every test, fastest answers first. `make test` calls it after building the assets.
set -euo pipefail
node_exec="$(go env GOROOT)/lib/wasm/go_js_wasm_exec"

# A failure does not hide what comes after it: one run reports everything.
failed=0
echo "== format, lint and vet, native and js"
ci/lint.sh || failed=1

echo "== pure packages in WASM under Node"
GOOS=js GOARCH=wasm go test -short -exec="$node_exec" ./internal/frame ./internal/capture/record ./internal/capture/file ./wasm/codec/... ./panel/model/... || failed=1

# Packages that drive other programs (Chromium, Redis, nginx, nodes of a cluster) measure real time by what those answer:
# they run one at a time, so that no two of them share the processors. All others run side by side.
driving='internal/test/chrome[] ]|^[^ ]*/(internal/app/cluster|internal/app/redis|wasm/resumeserver/redisstore|wasm/resumeserver|wasm/tether|internal/server/firststart|internal/bench/scale) '
list() { go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... | grep "$@" | cut -d' ' -f1; }

echo "== native with the race detector, side by side"
# shellcheck disable=SC2046 # a list of packages
go test -race -shuffle=on -timeout 40m $(list -vE "$driving") || failed=1

echo "== native with the race detector, one at a time: real Chromium, Redis, nginx and whole clusters"
# shellcheck disable=SC2046
go test -race -shuffle=on -timeout 40m -p 1 $(list -E "$driving") || failed=1

echo "== faults on real TCP: a module of its own, so that Toxiproxy stays out of the client's dependencies"
# Fewer rounds here: a thousand black holes are mostly waiting. make faults runs them all.
(cd internal/test/faults && go test -race -short -parallel 10 -timeout 20m ./...) || failed=1
exit "$failed"
