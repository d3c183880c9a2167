#!/usr/bin/env bash
# test.sh: every test, fastest answers first. `make test` calls it after building the assets.
set -euo pipefail
node_exec="$(go env GOROOT)/lib/wasm/go_js_wasm_exec"

echo "== vet, native and js"
go vet ./...
GOOS=js GOARCH=wasm go vet ./wasm/... ./panel/... ./internal/frame/... ./internal/record/... ./internal/jsbridge/...

# From here on a failure does not hide what comes after it: one run tells everything.
failed=0
echo "== pure packages in WASM under Node"
GOOS=js GOARCH=wasm go test -short -exec="$node_exec" ./internal/frame ./internal/record ./wasm/codec/... ./panel/model/... || failed=1

echo "== native with the race detector; browser tests drive real Chromium"
go test -race -shuffle=on -timeout 40m ./... || failed=1

echo "== faults on real TCP: a module of its own, so that Toxiproxy stays out of the client's dependencies"
# Fewer rounds here: a thousand black holes are mostly waiting. make faults runs them all.
(cd internal/faults && go test -race -short -parallel 10 -timeout 20m ./...) || failed=1
exit "$failed"
