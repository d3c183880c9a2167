package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// flow is how a list did in the flood.
type flow struct {
	FPS, Longest, Task, Taken, Records float64
	CPU                                float64 // µs of the page's process for each record taken in, painting included
}

func flood(ctx context.Context, p *chrome.Page, n sizes) error {
	got := map[string]map[string][]float64{"panel": {}, "plain": {}}
	for range n.rounds {
		for name, list := range got {
			f, err := floodOnce(ctx, p, name, n.seconds)
			if err != nil {
				return err
			}
			for what, v := range map[string]float64{"fps": f.FPS, "longest": f.Longest, "task": f.Task, "taken": 100 * min(1, f.Taken), "cpu": f.CPU} {
				list[what] = append(list[what], v)
			}
		}
	}
	panel := func(what string) float64 { return median(got["panel"][what]) }
	plain := func(what string) float64 { return median(got["plain"][what]) }
	frames := panel("fps") / plain("fps")
	fmt.Printf("100,000 records/s          panel %.0f frames/s, plain JS %.0f   panel/plain %.2f   %s\n",
		panel("fps"), plain("fps"), frames, aim("≥ 0.95", frames >= 0.95))
	fmt.Printf("  longest task             panel %.0f ms, plain JS %.0f ms   %s\n",
		panel("longest"), plain("longest"), aim("< 50 ms", panel("longest") < 50))
	fmt.Printf("  taken in time            panel %.0f %%, plain JS %.0f %%   median task %.1f ms, plain JS %.1f ms\n",
		panel("taken"), plain("taken"), panel("task"), plain("task"))
	fmt.Printf("  processor for a record   panel %.1f µs, plain JS %.1f µs, painting included   panel/plain %.2f\n",
		panel("cpu"), plain("cpu"), panel("cpu")/plain("cpu"))
	return nil
}

func floodOnce(ctx context.Context, p *chrome.Page, name string, seconds int) (f flow, err error) {
	if err := p.Eval(ctx, fmt.Sprintf("prepareFlood(%q, %d)", name, seconds), nil); err != nil {
		return f, err
	}
	before, err := processTime(ctx, p)
	if err != nil {
		return f, err
	}
	if err := p.Eval(ctx, fmt.Sprintf("flood(%q, %d)", name, seconds), &f); err != nil {
		return f, err
	}
	after, err := processTime(ctx, p)
	f.CPU = 1e6 * (after - before) / max(1, f.Records)
	return f, err
}

// processTime returns the seconds of processor time that the page's process has used: other programs on the machine do
// not lengthen it much, as they do everything that is measured by the clock.
func processTime(ctx context.Context, p *chrome.Page) (float64, error) {
	if err := p.Call(ctx, "Performance.enable", nil, nil); err != nil {
		return 0, err
	}
	var got struct {
		Metrics []struct {
			Name  string  `json:"name"`
			Value float64 `json:"value"`
		} `json:"metrics"`
	}
	if err := p.Call(ctx, "Performance.getMetrics", nil, &got); err != nil {
		return 0, err
	}
	for _, m := range got.Metrics {
		if m.Name == "ProcessTime" {
			return m.Value, nil
		}
	}
	return 0, errors.New("the browser does not say ProcessTime")
}
