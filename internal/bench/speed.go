package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

type options struct {
	reps  int
	short bool
	js    bool   // compare classes of a page instead of Go programs
	only  string // words that a measurement must have; empty for all
	bytes []int  // sizes of messages
}

// variant is one way to use a WebSocket in a page.
type variant struct {
	name    string
	scripts string // in the page, before it starts the program
	program string // directory of the Go program below program/, if there is one
}

const wasmExec = `<script src="/wasm_exec.js"></script>`

// variants are what is compared: Go programs, or with -js classes of a page; see jsVariants. The last ones are packages.
var variants = []variant{
	{"plain JS", `<script src="/plain.js"></script>`, ""},
	{"plain JS again", `<script src="/plain.js"></script>`, ""},
	{"tether, bridge", `<script src="/bridge.js"></script>` + wasmExec, "tether"},
	{"tether, no bridge", wasmExec, "tether"},
	{"coder/websocket", wasmExec, "coder"},
	reconnectingWS, partysocket,
}

// The rows that the report compares, as indexes of variants.
const (
	plain, again, bridged, coder = 0, 1, 2, 4
)

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
	cells := plan(o, ws)
	if len(cells) == 0 {
		return fmt.Errorf("-only %s: no measurement has all of these words", o.only)
	}
	begin := time.Now()
	for i, c := range cells {
		fmt.Fprintf(os.Stderr, "\r%d of %d: %s, %s, %s      ", i+1, len(cells), c.Mode, c.kind(), sizeName(c.Size))
		if err := measureAll(ctx, b, tabs, c, o.reps); err != nil {
			return fmt.Errorf("%s, %s, %d bytes: %w", c.Mode, c.kind(), c.Size, err)
		}
	}
	fmt.Fprintf(os.Stderr, "\r%d measurements of %d variants, %d times each, in %v\n", len(cells), len(variants), o.reps, time.Since(begin).Round(time.Second))
	report(os.Stdout, cells, o)
	return nil
}

func openTabs(ctx context.Context, b *chrome.Browser, site string) ([]tab, error) {
	tabs := make([]tab, len(variants))
	for i, v := range variants {
		p, err := openTab(ctx, b, fmt.Sprintf("%s/%d", site, i))
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

// openTab opens a variant's page and waits until its program runs.
func openTab(ctx context.Context, b *chrome.Browser, url string) (*chrome.Page, error) {
	p, err := b.Page(ctx, url)
	if err != nil {
		return nil, err
	}
	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p, p.WaitFor(ready, "globalThis.measure && globalThis.spin")
}

// warmUp lets the browser compile: WebAssembly that has not run some ten thousand times is an unoptimized first version,
// several times slower, while the second one is being made on other threads, whose CPU would be counted too.
func warmUp(ctx context.Context, b *chrome.Browser, tabs []tab, ws string, o options) error {
	n := 10000
	if o.short {
		n = 3000
	}
	for i, t := range tabs {
		for _, m := range []mode{pipelined, pingpong} {
			if _, err := measure(ctx, b, t, newCell(m, "text", 128, n, ws)); err != nil {
				return fmt.Errorf("%s: warm up: %w", variants[i].name, err)
			}
		}
	}
	return nil
}

// measureAll makes one measurement in every tab: once to warm up, then reps times, each time in another order.
func measureAll(ctx context.Context, b *chrome.Browser, tabs []tab, c *cell, reps int) error {
	c.samples = make([][]sample, len(tabs))
	for rep := range reps + 1 {
		for _, i := range rand.Perm(len(tabs)) {
			got, err := measure(ctx, b, tabs[i], c)
			if err != nil {
				return fmt.Errorf("%s: %w", variants[i].name, err)
			}
			if rep > 0 {
				c.samples[i] = append(c.samples[i], got)
			}
		}
	}
	return nil
}

func measure(ctx context.Context, b *chrome.Browser, t tab, c *cell) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	before, err := cpuTime(ctx, b, t.pid)
	if err != nil {
		return sample{}, err
	}
	got, err := ask(ctx, t.Page, c)
	if err != nil {
		return sample{}, err
	}
	after, err := cpuTime(ctx, b, t.pid)
	got.cpu = float64((after - before).Nanoseconds()) / 1e3 / float64(c.N)
	return got, err
}

// ask lets a page do a measurement.
func ask(ctx context.Context, p *chrome.Page, c *cell) (sample, error) {
	asked, err := json.Marshal(c)
	if err != nil {
		return sample{}, err
	}
	var r struct{ MS, P50, P99 float64 }
	err = p.Eval(ctx, fmt.Sprintf("measure(%s)", asked), &r)
	return sample{perSecond: float64(c.N) / r.MS * 1e3, p50: r.P50, p99: r.P99}, err
}
