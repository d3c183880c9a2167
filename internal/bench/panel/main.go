package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/panel/work"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// sizes is how much is measured.
type sizes struct {
	repaints, rounds, seconds, scans int
	records, soak                    int
}

func main() {
	short := flag.Bool("short", false, "a tenth of everything: a look, not a result")
	only := flag.String("only", "", "measure only this: repaint, flood, first, million, scan or soak; scan searches what million left")
	profile := flag.String("profile", "", "write a CPU profile of the page to a file, for DevTools; it slows everything down")
	flag.Parse()
	n := sizes{repaints: 400, rounds: 5, seconds: 3, scans: 5, records: 1_000_000, soak: 10_000_000}
	if *short {
		n = sizes{repaints: 100, rounds: 1, seconds: 2, scans: 3, records: 200_000, soak: 2_500_000}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, n, *only, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "panel:", err)
		stop()
		os.Exit(1)
	}
}

// measures are what is measured, in this order.
var measures = []struct {
	name string
	do   func(context.Context, *chrome.Page, sizes) error
}{{"repaint", repaint}, {"flood", flood}, {"first", firstPaint}, {"million", million}, {"scan", scan}, {"soak", soak}}

func run(ctx context.Context, n sizes, only, profile string) error {
	dir, err := os.MkdirTemp("", "tetherscope-panel-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	site, err := serveSite(ctx, dir, profile != "")
	if err != nil {
		return err
	}
	b, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := open(ctx, b, site)
	if err != nil {
		return err
	}
	return profiled(ctx, p, profile, func() error {
		for _, m := range measures {
			if only != "" && only != m.name {
				continue
			}
			if err := m.do(ctx, p, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// open opens the page of the benchmark, with both lists in sight.
func open(ctx context.Context, b *chrome.Browser, site string) (*chrome.Page, error) {
	p, err := b.Page(ctx, "")
	if err != nil {
		return nil, err
	}
	if err := p.SetViewport(ctx, 1000, 1900); err != nil {
		return nil, err
	}
	if err := p.Navigate(ctx, site); err != nil {
		return nil, err
	}
	return p, p.Eval(ctx, "ready()", nil)
}

func repaint(ctx context.Context, p *chrome.Page, n sizes) error {
	type took struct{ Median, Quick float64 }
	var got struct{ Panel, Plain, Again took }
	if err := p.Eval(ctx, fmt.Sprintf("repaint(%d)", n.repaints), &got); err != nil {
		return err
	}
	fmt.Printf("repaint of 44 new rows     median: panel %.2f ms, plain JS %.2f ms (again %.2f), panel/plain %.2f\n",
		got.Panel.Median, got.Plain.Median, got.Again.Median, got.Panel.Median/got.Plain.Median)
	ratio := got.Panel.Quick / got.Plain.Quick
	fmt.Printf("  its quickest tenth       panel %.2f ms, plain JS %.2f ms (again %.2f), panel/plain %.2f   %s\n",
		got.Panel.Quick, got.Plain.Quick, got.Again.Quick, ratio, aim("≤ 1.3", ratio <= 1.3))
	return nil
}

func firstPaint(ctx context.Context, p *chrome.Page, n sizes) error {
	var list []float64
	for range n.rounds {
		var ms float64
		if err := p.Eval(ctx, "firstPaint(100000)", &ms); err != nil {
			return err
		}
		list = append(list, ms)
	}
	fmt.Printf("first paint, 100,000 frames %.0f ms, with all of them taken in\n", median(list))
	return nil
}

// million measures what a capture takes beside its payloads and columns, which [rows.RowBytes] says.
func million(ctx context.Context, p *chrome.Page, n sizes) error {
	var got struct{ Heap, System float64 }
	if err := p.Eval(ctx, fmt.Sprintf("million(%d)", n.records), &got); err != nil {
		return err
	}
	least := float64(n.records) * float64(work.PayloadSize+rows.RowBytes)
	fmt.Printf("%9d records × 128 B   heap %.0f MiB, of it payloads and headers %.0f MiB   heap/least %.2f   %s\n",
		n.records, got.Heap/(1<<20), least/(1<<20), got.Heap/least, aim("≤ 1.1", got.Heap/least <= 1.1))
	return nil
}

// scan measures the searches in the page, which still holds the records of million, and natively.
func scan(ctx context.Context, p *chrome.Page, n sizes) error {
	m := model.New(model.Options{Bytes: 256 << 20})
	work.Take(m, 1, uint64(n.records))
	for _, q := range []struct {
		name, query string
		most        float64
	}{{"predicate", work.Predicate, 2.5}, {"substring", work.Substring, 3.5}} {
		page, native := math.Inf(1), math.Inf(1)
		for range n.scans { // in turns, so that both meet the same machine
			var once float64
			if err := p.Eval(ctx, fmt.Sprintf("panel.scan(%q, 4)", q.query), &once); err != nil {
				return err
			}
			page = min(page, once)
			native = min(native, float64(work.Scan(m, q.query, 4))/float64(time.Millisecond))
		}
		fmt.Printf("search, %s          in the page %.1f ms, natively %.1f ms   page/native %.2f   %s\n",
			q.name, page, native, page/native, aim(fmt.Sprintf("≤ %.1f", q.most), page/native <= q.most))
	}
	return nil
}

// soak fills the ring of a model with default limits and goes on: the memory must not grow any more.
func soak(ctx context.Context, p *chrome.Page, n sizes) error {
	if err := p.Eval(ctx, "panel.reset(128 << 20)", nil); err != nil {
		return err
	}
	part := n.soak / 5
	var memory []float64
	for range 5 {
		var got [2]float64
		if err := p.Eval(ctx, fmt.Sprintf("soak(%d)", part), &got); err != nil {
			return err
		}
		memory = append(memory, got[1]/(1<<20))
	}
	fmt.Printf("%9d records          taken from the browser after each fifth: %.0f MiB   last/third %.2f   %s\n",
		n.soak, memory, memory[4]/memory[2], aim("flat: ≤ 1.05", memory[4]/memory[2] <= 1.05))
	return nil
}

// aim says what was wanted and whether it came out so.
func aim(what string, reached bool) string {
	if reached {
		return "aim " + what + ": reached"
	}
	return "aim " + what + ": MISSED"
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
