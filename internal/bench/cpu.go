package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/proc"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// spinFor is how long a tab spins to show which process it is, the first time; shown is the CPU time that this must cost
// it. On a busy machine it has to spin longer for that.
const (
	spinFor = 500 * time.Millisecond
	shown   = spinFor / 6
)

// errNoRenderer: the benchmark would print figures of another process.
var errNoRenderer = errors.New("no renderer's CPU time moved while its tab was busy: CPU cannot be measured here")

// rendererOf finds the process that runs a tab: the renderer whose CPU time moves while the tab spins. A browser that is
// still starting up is busy elsewhere too, so two looks in a row have to agree.
func rendererOf(ctx context.Context, b *chrome.Browser, p *chrome.Page) (pid int, err error) {
	last, spin := 0, spinFor
	for range 12 {
		pid, err = busiest(ctx, b, p, spin)
		if err != nil {
			spin = min(2*spin, 8*time.Second)
		}
		switch {
		case err != nil && !errors.Is(err, errNoRenderer):
			return 0, err
		case err == nil && pid == last:
			return pid, nil
		}
		last = pid
	}
	return 0, errNoRenderer
}

func busiest(ctx context.Context, b *chrome.Browser, p *chrome.Page, spin time.Duration) (pid int, err error) {
	before, err := renderers(ctx, b)
	if err != nil {
		return 0, err
	}
	if err := p.Eval(ctx, fmt.Sprintf("spin(%d)", spin.Milliseconds()), nil); err != nil {
		return 0, err
	}
	after, err := renderers(ctx, b)
	if err != nil {
		return 0, err
	}
	var most, second time.Duration
	for id, used := range after {
		switch d := used - before[id]; {
		case d > most:
			pid, most, second = id, d, most
		case d > second:
			second = d
		}
	}
	if most < 3*second || most < shown { // others may have had most of the processor, but not in this browser
		return 0, errNoRenderer
	}
	return pid, nil
}

func renderers(ctx context.Context, b *chrome.Browser) (map[int]time.Duration, error) {
	list, err := b.Processes(ctx)
	if err != nil {
		return nil, err
	}
	used := map[int]time.Duration{}
	for _, p := range list {
		if p.Type == "renderer" {
			used[p.ID] = p.CPUTime
		}
	}
	return used, nil
}

// cpuTime returns the CPU time that a process used so far. Linux counts it in nanoseconds, by thread; elsewhere the
// browser says it, in steps of about 10 ms.
func cpuTime(ctx context.Context, b *chrome.Browser, pid int) (time.Duration, error) {
	if used := proc.CPU(pid); used > 0 {
		return used, nil
	}
	all, err := renderers(ctx, b)
	if _, found := all[pid]; err == nil && !found {
		return 0, fmt.Errorf("renderer process %d is gone", pid)
	}
	return all[pid], err
}
