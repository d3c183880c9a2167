//nolint:unused // JS calls the exported functions
package main

import (
	"math"
	"unsafe"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/module/transport"
)

// abi is the version of the exported functions and of the form of orders. tether.mjs refuses any other: a browser's
// cache may pair files of two releases.
const abi = 5

func main() { select {} } // the exported functions do the work

// Memory that JS reads and writes. It is on the heap, which does not move.
var (
	input      = make([]byte, 1024)
	output     = make([]byte, 0, 1024)
	transports transport.Table
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

// exportNew makes a transport and returns its handle, or 0.
//
//go:wasmexport tether_new
func exportNew(minDelay, maxDelay, factor, minUptime, maxAttempts, connectTimeout, closeTimeout, interval, timeout, transfer, servers float64) uint32 {
	return transports.Add(transport.Settings{
		MinDelay: minDelay, MaxDelay: maxDelay, Factor: factor, MinUptime: minUptime, MaxAttempts: maxAttempts,
		ConnectTimeout: connectTimeout, CloseTimeout: closeTimeout, Interval: interval, Timeout: timeout, Transfer: transfer,
		Servers: servers,
	})
}

// exportFree forgets a transport.
//
//go:wasmexport tether_free
func exportFree(handle uint32) { transports.Remove(handle) }

// exportStep passes a step to a transport and returns how many bytes of orders there are; the largest number for a handle
// without a transport. The text of the step is the first n reserved bytes; handed and left are how many bytes the connection was given,
// and how many of them have left the browser.
//
//go:wasmexport tether_step
func exportStep(handle, kind, generation, a, b, n uint32, mono, wall, handed, left float64) uint32 {
	text := string(input[:min(n, uint32(len(input)))])
	if !transports.Has(handle) {
		return math.MaxUint32
	}
	orders := transports.Step(handle, engine.Step{
		Kind: engine.StepKind(kind), Generation: generation, A: a, B: b, Text: text, Mono: mono, Wall: wall,
		Flow: &engine.Flow{Handed: uint64(handed), Left: uint64(left), Moved: uint64(left)},
	})
	output = transport.AppendOrders(output[:0], orders)
	return uint32(len(output))
}
