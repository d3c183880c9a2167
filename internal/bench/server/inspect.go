package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
)

// inspectable answers each line of in, with the memory that is live on the heap and in stacks, and writes a heap profile into the file that the
// line names, if it does. It ends this process when in ends: a child must not outlive the benchmark.
func inspectable(in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		runtime.GC()
		runtime.GC() // finalizers and pools give up what they have with the second one
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if name := lines.Text(); name != "" {
			if err := writeHeap(name); err != nil {
				fmt.Fprintln(os.Stderr, "bench/server:", err)
			}
		}
		printf(out, "%d %d\n", m.HeapAlloc, m.StackInuse)
	}
	os.Exit(0)
}

func writeHeap(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.Lookup("heap").WriteTo(f, 0); err != nil {
		_ = f.Close() // the profile is lost either way
		return err
	}
	return f.Close()
}

// inspect asks a server of ours for its memory. One of others has nothing to say.
func (r *running) inspect(profile string) (f footprint, err error) {
	if !r.ours {
		return f, nil
	}
	if _, err := fmt.Fprintln(r.stdin, profile); err != nil {
		return f, err
	}
	_, err = fmt.Fscanln(r.stdout, &f.heap, &f.stacks)
	return f, err
}
