# Tetherscope. `make` alone says what there is. Recipes longer than three lines live in ci/.
SHELL      := /bin/bash
GO         ?= go
DIST       := static/dist
WASM       := GOOS=js GOARCH=wasm $(GO) build -trimpath -ldflags='-s -w'
export TETHERSCOPE_REQUIRE_TOOLS ?= 1

.DEFAULT_GOAL := help
.PHONY: help serve build wasm assets binary test check lint fast bench soak cluster size fuzz faults golden graph knots shots npm extension release clean tools-test

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

serve: ## serve everything on loopback, the panel first; rebuilds and reloads the pages when a source file changes
	@exec ci/serve.sh $(ARGS)

build: assets binary ## build bin/tetherscope: one self-contained program with every asset inside

wasm: ## build the WASM programs and the JS module, and copy wasm_exec.js from the Go that built them
	@mkdir -p $(DIST)
	@$(WASM) -o $(DIST)/tether.wasm ./wasm/module
	@$(WASM) -o $(DIST)/panel.wasm ./panel/app
	@$(WASM) -o $(DIST)/chat.wasm ./wasm/chat/app
	@install -m 644 "$$($(GO) env GOROOT)/lib/wasm/wasm_exec.js" $(DIST)/wasm_exec.js
	@ci/bundle.sh
	@node ci/compress.mjs --prune

assets: wasm
	@node ci/compress.mjs

binary:
	@$(GO) build -trimpath -ldflags='-s -w' -o bin/tetherscope .
	@echo "bin/tetherscope is ready: run it from any folder"

test: tools-test assets ## lint, then run every test: native with the race detector, in WASM under Node, and in real Chromium
	@ci/test.sh

check: lint fast ## format, lint and vet (native and js) and the fast tests: under two minutes once the linter is built

lint: ## the linter alone, which formats and vets too; skipped when nothing changed since it found nothing
	@ci/lint.sh

fast:
	@$(GO) test -short ./...

bench: tools-test assets ## measure: tether beside plain JS and coder/websocket, the tap, sizes. BENCH=-short for a quick look
	@ci/need.sh mitmdump:mitmproxy || true
	@$(GO) run ./internal/bench $(BENCH)
	@$(GO) run ./internal/bench -js $(BENCH)
	@$(GO) run ./internal/bench/native $(BENCH)
	@$(GO) run ./internal/bench/codecs $(BENCH)
	@$(GO) run ./internal/bench/panel $(BENCH)
	@$(GO) run ./internal/bench/server $(BENCH)
	@$(GO) run ./internal/bench/packets $(BENCH)
	@$(GO) run ./internal/bench/scale $(if $(BENCH),-only simulate -clients 100000)
	@$(GO) test -run '^$$' -bench . -benchmem ./internal/frame ./internal/capture/record ./internal/tap ./internal/capture/ring ./internal/server/proxy ./panel/model ./internal/capture/query ./internal/script

cluster: build ## Redis, three nodes and nginx on loopback, to see the example application grow; prints the one URL
	@ci/need.sh redis-server:redis-server nginx:nginx
	@$(GO) build -o bin/cluster ./ci/cluster && exec bin/cluster $(ARGS)

soak: ## a day of messages and lost connections in ten minutes: heap, goroutines, descriptors. SOAK=-short for a look
	@$(GO) run ./internal/bench/soak $(SOAK)

faults: tools-test ## the long proofs: a thousand disconnects of each kind, natively and in Chromium; 10,000 clients come and go
	@ci/faults.sh

size: assets ## print raw, gzip and brotli sizes of what a page downloads
	@cd $(DIST) && for f in *.wasm *.js *.mjs; do printf '%-16s %9d raw %9d gzip %9d brotli\n' $$f $$(stat -c %s $$f $$f.gz $$f.br); done

fuzz: ## fuzz every target for FUZZTIME each (default 20s)
	@ci/fuzz.sh $${FUZZTIME:-20s}

golden: ## rewrite the golden files; look at the diff before you commit it
	@$(GO) test ./docs ./internal/... ./wasm/... ./panel/... -update 2>&1 | grep -v 'flag provided but not defined' || true

extension: wasm ## make the browser extension: bin/extension, to be loaded unpacked, and a zip
	@$(GO) run ./ci/extension

npm: wasm ## make the npm packages, of the JS module and of the test runners' fixtures: tarballs in bin/
	@node ci/npm.mjs
	@node ci/npm-test.mjs

release: assets ## make the files of a release in bin/release: every platform, packages, checksums. CHECK=check proves that they are reproducible
	@ci/release.sh $(CHECK)

graph: ## print which room imports which; fails when an import runs up
	@$(GO) run ./ci/graph

knots: ## print which share of a package's files need each other in a circle; fails past the bounds of ci/knots
	@$(GO) run ./ci/knots $(KNOTS)

shots: build ## take the screenshots of the README
	@ci/shots.sh

clean: ## remove what was built
	@rm -rf bin $(DIST)/*.wasm $(DIST)/*.js $(DIST)/*.mjs $(DIST)/*.map $(DIST)/*.br $(DIST)/*.gz

tools-test:
	@ci/need.sh gcc:gcc chromium:chromium tshark:tshark tcpdump:tcpdump redis-server:redis-server nginx:nginx
	@ci/need.sh import+aiohttp:python3-aiohttp import+websocket:python3-websocket || echo "the tests with Python's packages are skipped"
