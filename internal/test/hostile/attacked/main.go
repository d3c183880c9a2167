//go:build !js

// Attacked is the program as users run it, with an addition for the tests: it prints where it listens, and then for each line on its standard
// input collects garbage, returns free memory to the system, and prints how many bytes it holds, of heap and of stacks.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/static"
)

func main() {
	opts, err := server.ParseFlags(os.Args[1:], os.LookupEnv, os.Stderr)
	if err != nil {
		log.Fatal(err)
	}
	opts.Started = func(r server.Running) {
		fmt.Println(r.Addr)
		go measure()
	}
	log.Fatal(server.Main(context.Background(), opts, static.Files, os.Stderr))
}

// measure answers standard input. What the second of two collections found alive is exact: garbage does not count, however late it is
// freed, nor do pools, which one collection leaves as they are.
func measure() {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		runtime.GC()
		debug.FreeOSMemory() // the second collection
		metrics.Read(samples)
		fmt.Println(samples[0].Value.Uint64() + samples[1].Value.Uint64())
	}
}
