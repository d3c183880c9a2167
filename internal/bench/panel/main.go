package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/panel/work"
	"github.com/tetherscope/tetherscope/internal/chrome"
	"github.com/tetherscope/tetherscope/panel/model"
)

// sizes is how much is measured.
type sizes struct {
	repaints, rounds, seconds, scans int
	records, soak                    int
}

func main() {
	short := flag.Bool("short", false, "a tenth of everything: a look, not a result")
	flag.Parse()
	n := sizes{repaints: 400, rounds: 5, seconds: 3, scans: 5, records: 1_000_000, soak: 10_000_000}
	if *short {
		n = sizes{repaints: 100, rounds: 1, seconds: 2, scans: 3, records: 200_000, soak: 2_500_000}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, n); err != nil {
		fmt.Fprintln(os.Stderr, "panel:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, n sizes) error {
	dir, err := os.MkdirTemp("", "tetherscope-panel-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	site, err := serveSite(ctx, dir)
	if err != nil {
		return err
	}
	b, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := b.Page(ctx, "")
	if err != nil {
		return err
	}
	if err := p.SetViewport(ctx, 1000, 1900); err != nil { // both lists in sight
		return err
	}
	if err := p.Navigate(ctx, site); err != nil {
		return err
	}
	if err := p.Eval(ctx, "ready()", nil); err != nil {
		return err
	}
	for _, measure := range []func(context.Context, *chrome.Page, sizes) error{repaint, flood, firstPaint, million, scan, soak} {
		if err := measure(ctx, p, n); err != nil {
			return err
		}
	}
	return nil
}

func repaint(ctx context.Context, p *chrome.Page, n sizes) error {
	var got struct{ Panel, Plain, Again float64 }
	if err := p.Eval(ctx, fmt.Sprintf("repaint(%d)", n.repaints), &got); err != nil {
		return err
	}
	fmt.Printf("repaint of 44 new rows     panel %.2f ms, plain JS %.2f ms (again %.2f)   panel/plain %.2f\n",
		got.Panel, got.Plain, got.Again, got.Panel/got.Plain)
	return nil
}

func flood(ctx context.Context, p *chrome.Page, n sizes) error {
	type flow struct{ FPS, Longest, Task, Taken float64 }
	var rates, longest, plain, tasks, taken []float64
	for range n.rounds {
		var got struct{ Panel, Plain flow }
		if err := p.Eval(ctx, fmt.Sprintf("flood(%d)", n.seconds), &got); err != nil {
			return err
		}
		rates, longest = append(rates, got.Panel.FPS/got.Plain.FPS), append(longest, got.Panel.Longest)
		taken = append(taken, 100*min(1, got.Panel.Taken))
		plain, tasks = append(plain, got.Plain.Longest), append(tasks, got.Panel.Task)
	}
	fmt.Printf("100,000 records/s          frames/s panel/plain %.2f   longest task panel %.0f ms, plain JS %.0f ms   median task %.1f ms   taken %.0f %%\n",
		median(rates), median(longest), median(plain), median(tasks), median(taken))
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
	fmt.Printf("first paint, 100,000 frames %.0f ms\n", median(list))
	return nil
}

// million measures what a capture takes beside its payloads and columns, which [model.RowBytes] says.
func million(ctx context.Context, p *chrome.Page, n sizes) error {
	var got struct{ Heap, System float64 }
	if err := p.Eval(ctx, fmt.Sprintf("million(%d)", n.records), &got); err != nil {
		return err
	}
	least := float64(n.records) * float64(work.PayloadSize+model.RowBytes)
	fmt.Printf("%9d records × 128 B   heap %.0f MiB, of it payloads and headers %.0f MiB   heap/least %.2f\n",
		n.records, got.Heap/(1<<20), least/(1<<20), got.Heap/least)
	return nil
}

// scan measures the searches in the page, which still holds the records of million, and natively.
func scan(ctx context.Context, p *chrome.Page, n sizes) error {
	m := model.New(model.Options{Bytes: 256 << 20})
	work.Take(m, 1, uint64(n.records))
	for _, q := range []struct{ name, query string }{{"predicate", work.Predicate}, {"substring", work.Substring}} {
		var page float64
		if err := p.Eval(ctx, fmt.Sprintf("panel.scan(%q, %d)", q.query, n.scans), &page); err != nil {
			return err
		}
		native := float64(work.Scan(m, q.query, n.scans)) / float64(time.Millisecond)
		fmt.Printf("search, %s          in the page %.0f ms, natively %.0f ms   page/native %.2f\n", q.name, page, native, page/native)
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
	fmt.Printf("%9d records          taken from the browser after each fifth: %.0f MiB   last/third %.2f\n", n.soak, memory, memory[4]/memory[2])
	return nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
