package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/proc"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// memory prints what idle connections take of each server: its resident memory with them less that before them, shared
// by their number. Each has sent one message of 128 bytes and got it back, so that whatever is made on first use is there.
func memory(ctx context.Context, o options, list []candidate, out io.Writer) error {
	n, why := descriptors(o.idle)
	printf(out, "\nidle, %d connections, each after one echo of 128 B%s\n%-20s %17s\n", n, why, "", "KiB a connection")
	for _, s := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		each, err := idle(s, n, o.span)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		printf(out, "%-20s %17.1f\n", s.name, each/1024)
	}
	printf(out, "  of the server's process; what the kernel holds for its sockets is not in it\n")
	return nil
}

// descriptors returns how many connections this process may have, at most n, and says so when those are fewer.
func descriptors(n int) (_ int, why string) {
	const others = 100 // what a server needs for itself
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Max >= uint64(n+others) {
		return n, ""
	}
	return int(l.Max) - others, fmt.Sprintf(" (not %d: at most %d files may be open here, ulimit -Hn)", n, l.Max)
}

// idle measures one server, which has the time settle to come to rest. A first connection before the others makes what is
// made once.
func idle(s candidate, n int, settle time.Duration) (bytes float64, err error) {
	r, err := s.start()
	if err != nil {
		return 0, err
	}
	defer r.stop()
	return r.idle(n, settle)
}

// idle measures a server that runs.
func (r *running) idle(n int, settle time.Duration) (bytes float64, err error) {
	first, err := greeted(r.place(), 1)
	if err != nil {
		return 0, err
	}
	defer func() { _ = first[0].Close() }() // the measurement is over
	time.Sleep(settle)
	before := proc.Resident(r.pid)
	clients, err := greeted(r.place(), n)
	if err != nil {
		return 0, err
	}
	time.Sleep(settle)
	after := proc.Resident(r.pid)
	for _, c := range clients {
		_ = c.Close() // the measurement is over
	}
	return float64(after-before) / float64(n), nil
}

// greeted opens n connections and has one message echoed on each.
func greeted(p place, n int) ([]*client, error) {
	clients, err := connect(p, n)
	if err != nil {
		return nil, err
	}
	hello := chunk(frame.Binary, make([]byte, 128), 1)
	errs := make([]error, n)
	var work sync.WaitGroup
	for i, c := range clients {
		work.Go(func() {
			c.expect(frame.Binary, 128)
			if _, errs[i] = c.Write(hello); errs[i] == nil {
				_, errs[i] = c.read()
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return clients, nil
}
