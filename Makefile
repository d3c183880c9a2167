# Tetherscope. `make` alone says what there is. Recipes longer than three lines live in ci/.
SHELL      := /bin/bash
GO         ?= go
DIST       := static/dist
WASM       := GOOS=js GOARCH=wasm $(GO) build -trimpath -ldflags='-s -w'
GOLANGCI   := v2.15.0
export TETHERSCOPE_REQUIRE_TOOLS ?= 1

.DEFAULT_GOAL := help
.PHONY: help serve build wasm assets binary test check fmt vet lint fast bench soak cluster size fuzz faults golden shots npm extension clean tools-test

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

serve: wasm ## build everything and serve it on loopback; rebuilds and reloads the pages when a source file changes
	@$(GO) build -o bin/tetherscope .
	@exec bin/tetherscope -dev $(ARGS)

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

test: tools-test assets ## run every test: native with the race detector, in WASM under Node, and in real Chromium
	@ci/test.sh

check: fmt vet lint fast ## format, vet, lint (native and js) and the fast tests: under two minutes once its tools are installed

fmt: .tools/golangci-lint-$(GOLANGCI)
	@$< fmt --diff ./...

vet:
	@$(GO) vet ./...
	@GOOS=js GOARCH=wasm $(GO) vet ./wasm/... ./panel/... ./internal/frame/... ./internal/record/... ./internal/jsbridge/...

lint: .tools/golangci-lint-$(GOLANGCI)
	@$< run ./...
	@GOOS=js GOARCH=wasm $< run ./wasm/... ./panel/... ./internal/frame/... ./internal/record/... ./internal/jsbridge/...
	@cd internal/faults && $(CURDIR)/$< run -c ../../.golangci.yml ./...

fast:
	@$(GO) test -short ./...

bench: tools-test assets ## measure: tether beside plain JS and coder/websocket, the tap, sizes. BENCH=-short for a quick look
	@ci/need.sh mitmdump:mitmproxy || true
	@$(GO) run ./internal/bench $(BENCH)
	@$(GO) run ./internal/bench -js $(BENCH)
	@$(GO) run ./internal/bench/codecs $(BENCH)
	@$(GO) run ./internal/bench/panel $(BENCH)
	@$(GO) run ./internal/bench/server $(BENCH)
	@$(GO) test -run '^$$' -bench . -benchmem ./internal/frame ./internal/record ./internal/tap ./internal/hub ./internal/proxy ./panel/model ./panel/model/query

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
	@$(GO) test ./internal/... ./wasm/... ./panel/... -update 2>&1 | grep -v 'flag provided but not defined' || true

extension: wasm ## make the browser extension: bin/extension, to be loaded unpacked, and a zip
	@$(GO) run ./ci/extension

npm: wasm ## make the npm package of the JS module: a tarball in bin/
	@node ci/npm.mjs

shots: build ## take the screenshots of the README
	@ci/shots.sh

clean: ## remove what was built
	@rm -rf bin .tools $(DIST)/*.wasm $(DIST)/*.js $(DIST)/*.mjs $(DIST)/*.map $(DIST)/*.br $(DIST)/*.gz

tools-test:
	@ci/need.sh gcc:gcc chromium:chromium tshark:tshark tcpdump:tcpdump redis-server:redis-server nginx:nginx

.tools/golangci-lint-$(GOLANGCI):
	@echo "installing golangci-lint $(GOLANGCI) into .tools (once; it takes some minutes)"
	@GOBIN="$(CURDIR)/.tools" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	@mv .tools/golangci-lint $@
