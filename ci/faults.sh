#!/usr/bin/env bash
# faults.sh: the long proofs, whose accounts it prints: a thousand forced disconnects of each kind, natively and in
# Chromium, with sessions and without; ten thousand conversations through the proxy; and as many clients that come and go. `make faults` calls it.
set -euo pipefail
quiet() { grep -vE '^=== |^ *--- PASS'; }

echo "== faults on real TCP"
(cd internal/test/faults && go test -race -v -timeout 120m ./...) | quiet

echo "== sessions on real TCP"
TETHERSCOPE_CYCLES=${TETHERSCOPE_CYCLES:-10000} go test -race -v -count=1 -timeout 120m -run TestEveryMessageArrivesOnce ./wasm/resumeserver | quiet

echo "== sessions in the model, with new lives each time"
TETHERSCOPE_LONG=1 go test -v -count=1 -timeout 30m -run TestSessionsInTheModel ./wasm/resumeserver | quiet

echo "== 1,000 sessions on three nodes that are killed and stopped, and a Redis that loses its data; primaries of Sentinel and Cluster that are killed"
TETHERSCOPE_LONG=1 go test -v -count=1 -timeout 30m -run "TestSessionsOutliveNodes|PromotesTheReplica|AClusterPromotes" ./internal/app/cluster | quiet

echo "== conversations without the proxy and through it"
TETHERSCOPE_CYCLES=${TETHERSCOPE_CYCLES:-10000} go test -race -v -count=1 -timeout 120m -run TestBothEndsSee ./internal/server/proxy | quiet

echo "== clients and sockets that come and go in Chromium"
TETHERSCOPE_CYCLES=${TETHERSCOPE_CYCLES:-10000} go test -v -count=1 -timeout 120m -run 'TestLeaksInChromium' ./internal/test/browsertest | quiet
