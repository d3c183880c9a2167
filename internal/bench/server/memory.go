package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
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
	printf(out, "\nidle, %d connections, each after one echo of 128 B%s\n%-20s %17s   %s\n", n, why, "", "KiB a connection", "of it live on the heap, in stacks")
	for _, s := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		each, err := idle(s, n, o)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		printf(out, "%-20s %17.1f", s.name, each.resident/1024)
		if s.ours {
			printf(out, "   %.1f, %.1f", each.heap/1024, each.stacks/1024)
		}
		printf(out, "\n")
	}
	printf(out, "  of the server's process; what the kernel holds for its sockets is not in it\n")
	return nil
}

// descriptors returns how many connections this process may have, at most n, and says so when those are fewer.
func descriptors(n int) (_ int, why string) {
	const others = 400 // what a server needs for itself
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Max >= uint64(n+others) {
		return n, ""
	}
	return int(l.Max) - others, fmt.Sprintf(" (not %d: at most %d files may be open here, ulimit -Hn)", n, l.Max)
}

// footprint is memory of a server, in bytes. What is live on the heap and in stacks is known of our own only.
type footprint struct{ resident, heap, stacks float64 }

// idle measures one server, which has the time o.span to come to rest. A first connection before the others makes what is
// made once.
func idle(s candidate, n int, o options) (each footprint, err error) {
	r, err := s.start()
	if err != nil {
		return each, err
	}
	defer r.stop()
	profile := ""
	if o.heap != "" && s.ours {
		profile = filepath.Join(o.heap, strings.ReplaceAll(s.name, " ", "-")+".heap")
	}
	return r.idle(n, o.span, profile)
}

// idle measures a server that runs, and has it write a heap profile if the name of a file is given.
func (r *running) idle(n int, settle time.Duration, profile string) (each footprint, err error) {
	first, err := greeted(r.place(), 1)
	if err != nil {
		return each, err
	}
	defer func() { _ = first[0].Close() }() // the measurement is over
	time.Sleep(settle)
	before := float64(proc.Resident(r.pid))
	clients, err := greeted(r.place(), n)
	if err != nil {
		return each, err
	}
	time.Sleep(settle)
	resident := float64(proc.Resident(r.pid)) - before
	with, err := r.inspect(profile)
	if err != nil {
		return each, err
	}
	for _, c := range clients {
		_ = c.Close() // the measurement is over
	}
	time.Sleep(settle)
	without, err := r.inspect("")
	return footprint{resident / float64(n), (with.heap - without.heap) / float64(n), (with.stacks - without.stacks) / float64(n)}, err
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
