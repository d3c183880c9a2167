//nolint:unused // JS calls the exported functions
package main

import (
	"unsafe"

	"github.com/tetherscope/tetherscope/wasm/module/link"
)

// abi is the version of the exported functions and of the form of orders. tether.mjs refuses any other: a browser's
// cache may pair files of two releases.
const abi = 2

func main() { select {} } // the exported functions do the work

// Memory that JS reads and writes. It is on the heap, which does not move.
var (
	input  = make([]byte, 1024)
	output = make([]byte, 0, 1024)
	links  link.Table
)

//go:wasmexport tether_abi
func exportABI() uint32 { return abi }

// exportReserve returns where n bytes of text may be written before the next step.
//
//go:wasmexport tether_reserve
func exportReserve(n uint32) unsafe.Pointer {
	if uint32(len(input)) < n {
		input = make([]byte, n)
	}
	return unsafe.Pointer(unsafe.SliceData(input))
}

// exportOutput returns where the orders of the last step are.
//
//go:wasmexport tether_output
func exportOutput() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(output)) }

// exportNew makes a link and returns its handle, or 0.
//
//go:wasmexport tether_new
func exportNew(minDelay, maxDelay, factor, minUptime, maxAttempts, connectTimeout, closeTimeout, interval, timeout float64) uint32 {
	return links.Add(link.Settings{
		MinDelay: minDelay, MaxDelay: maxDelay, Factor: factor, MinUptime: minUptime, MaxAttempts: maxAttempts,
		ConnectTimeout: connectTimeout, CloseTimeout: closeTimeout, Interval: interval, Timeout: timeout,
	})
}

// exportFree forgets a link.
//
//go:wasmexport tether_free
func exportFree(handle uint32) { links.Remove(handle) }

// exportStep tells a link what happened and returns how many bytes of orders there are. The text of the step is the first
// n reserved bytes.
//
//go:wasmexport tether_step
func exportStep(handle, kind, generation, a, b, n uint32, mono, wall float64) uint32 {
	text := string(input[:min(n, uint32(len(input)))])
	orders := links.Step(handle, link.Step{Kind: link.StepKind(kind), Generation: generation, A: a, B: b, Text: text, Mono: mono, Wall: wall})
	output = link.AppendOrders(output[:0], orders)
	return uint32(len(output))
}
