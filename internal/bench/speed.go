package main

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/chrome"
)

type options struct {
	reps  int
	short bool
	js    bool   // compare classes of a page instead of Go programs
	only  string // a scenario's name, or empty for all
}

// variant is one way to use a WebSocket in a page.
type variant struct {
	name    string
	scripts string // in the page, before it starts the program
	program string // directory of the Go program below program/, if there is one
}

const wasmExec = `<script src="/wasm_exec.js"></script>`

// variants are what is compared: Go programs, or with -js classes of a page; see jsVariants.
var variants = []variant{
	{"plain JS", `<script src="/plain.js"></script>`, ""},
	{"plain JS again", `<script src="/plain.js"></script>`, ""},
	{"tether, bridge", `<script src="/bridge.js"></script>` + wasmExec, "tether"},
	{"tether, no bridge", wasmExec, "tether"},
	{"coder/websocket", wasmExec, "coder"},
}

// The columns that the report compares, as indexes of variants.
const (
	plain, again, bridged, unbridged, coder = 0, 1, 2, 3, 4
)

// scenario is one measurement. All messages have 128 bytes.
type scenario struct {
	name, title string
	n, few      int // messages; with -short
}

const size = 128

var scenarios = []scenario{
	{"text", "echo, text, 256 in flight", 20000, 4000},
	{"binary", "echo, binary, 256 in flight", 20000, 4000},
	{"firehose", "firehose, text, server to client", 150000, 30000},
	{"pingpong", "ping-pong, text, one in flight", 3000, 600},
}

// sample is what one run of a scenario gave.
type sample struct {
	perSecond float64 // messages
	cpu       float64 // renderer CPU, microseconds per message
	p50, p99  float64 // milliseconds; ping-pong only
}

// tab is a variant in its page.
type tab struct {
	*chrome.Page
	pid int
}

func speeds(ctx context.Context, dir string, o options) error {
	ws, err := startServer(ctx)
	if err != nil {
		return err
	}
	site, err := serveSite(ctx, dir)
	if err != nil {
		return err
	}
	b, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	if o.js {
		if err := coldStarts(ctx, b, site, ws, o.reps); err != nil {
			return err
		}
	}
	tabs, err := openTabs(ctx, b, site)
	if err != nil {
		return err
	}
	if err := warmUp(ctx, b, tabs, ws, o); err != nil {
		return err
	}
	for _, s := range scenarios {
		if o.only != "" && o.only != s.name {
			continue
		}
		n := s.n
		if o.short {
			n = s.few
		}
		samples, err := measureAll(ctx, b, tabs, s, ws, n, o.reps)
		if err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		report(s, n, o.reps, samples)
	}
	return nil
}

func openTabs(ctx context.Context, b *chrome.Browser, site string) ([]tab, error) {
	tabs := make([]tab, len(variants))
	for i, v := range variants {
		p, err := b.Page(ctx, fmt.Sprintf("%s/%d", site, i))
		if err != nil {
			return nil, err
		}
		ready, cancel := context.WithTimeout(ctx, 30*time.Second)
		err = p.WaitFor(ready, "globalThis.measure && globalThis.spin")
		cancel()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
		pid, err := rendererOf(ctx, b, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
		tabs[i] = tab{p, pid}
	}
	return tabs, nil
}

// warmUp lets the browser compile: WebAssembly that has not run some ten thousand times is an unoptimized first version,
// several times slower, while the second one is being made on other threads, whose CPU would be counted too.
func warmUp(ctx context.Context, b *chrome.Browser, tabs []tab, ws string, o options) error {
	n := 10000
	if o.short {
		n = 3000
	}
	for i, t := range tabs {
		for _, s := range []scenario{{name: "text"}, {name: "pingpong"}} {
			if _, err := measure(ctx, b, t, s, ws, n); err != nil {
				return fmt.Errorf("%s: warm up: %w", variants[i].name, err)
			}
		}
	}
	return nil
}

// measureAll runs one scenario in every tab: once to warm up, then reps times, each time in another order.
func measureAll(ctx context.Context, b *chrome.Browser, tabs []tab, s scenario, ws string, n, reps int) ([][]sample, error) {
	samples := make([][]sample, len(tabs))
	for rep := range reps + 1 {
		for _, i := range rand.Perm(len(tabs)) {
			got, err := measure(ctx, b, tabs[i], s, ws, n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", variants[i].name, err)
			}
			if rep > 0 {
				samples[i] = append(samples[i], got)
			}
		}
	}
	return samples, nil
}

func measure(ctx context.Context, b *chrome.Browser, t tab, s scenario, ws string, n int) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	url := ws + "/echo"
	if s.name == "firehose" {
		url = fmt.Sprintf("%s/firehose?n=%d&size=%d", ws, n, size)
	}
	before, err := cpuTime(ctx, b, t.pid)
	if err != nil {
		return sample{}, err
	}
	var r struct{ MS, P50, P99 float64 }
	if err := t.Eval(ctx, fmt.Sprintf("measure(%q, %q, %d, %d)", s.name, url, n, size), &r); err != nil {
		return sample{}, err
	}
	after, err := cpuTime(ctx, b, t.pid)
	cpu := float64((after - before).Nanoseconds()) / 1e3 / float64(n)
	return sample{float64(n) / r.MS * 1e3, cpu, r.P50, r.P99}, err
}

//go:embed page.html
var pageHTML string

//go:embed plain.js
var plainJS []byte

// serveSite serves one page for each variant. The two headers give pages clocks of 5 µs instead of 100.
func serveSite(ctx context.Context, dir string) (url string, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	module, err := moduleDir(ctx)
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	serveAssets(mux, module, dir)
	serveFile(mux, "/wasm_exec.js", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	serveFile(mux, "/bridge.js", filepath.Join(module, "static", "bridge.js"))
	mux.HandleFunc("/plain.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(plainJS)
	})
	for i, v := range variants {
		page := strings.NewReplacer("SCRIPTS", v.scripts, "PROGRAM", v.program).Replace(pageHTML)
		mux.HandleFunc(fmt.Sprintf("/%d", i), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(page))
		})
	}
	built := map[string]bool{"": true}
	for _, v := range variants {
		if built[v.program] {
			continue
		}
		built[v.program] = true
		wasm, err := build(ctx, dir, "internal/bench/program/"+v.program)
		if err != nil {
			return "", err
		}
		serveFile(mux, "/"+v.program+".wasm", wasm)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: isolated(mux), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until the benchmark ends
	return "http://" + listener.Addr().String(), nil
}

func isolated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		next.ServeHTTP(w, r)
	})
}

func serveFile(mux *http.ServeMux, path, name string) {
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) })
}
