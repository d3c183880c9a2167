// A module that has what tether.mjs asks for and panics at the step that reports an open connection.
package main

import "unsafe"

var buffer = make([]byte, 64)

func main() { select {} }

//go:wasmexport tether_abi
func abi() uint32 { return 5 }

//go:wasmexport tether_reserve
func reserve(uint32) unsafe.Pointer { return unsafe.Pointer(&buffer[0]) }

//go:wasmexport tether_output
func output() unsafe.Pointer { return unsafe.Pointer(&buffer[0]) }

//go:wasmexport tether_new
func add(_, _, _, _, _, _, _, _, _, _, _ float64) uint32 { return 1 }

//go:wasmexport tether_free
func free(uint32) {}

//go:wasmexport tether_step
func step(_, kind, _, _, _, _ uint32, _, _, _, _ float64) uint32 {
	if kind == 1 {
		panic("on purpose")
	}
	return 0
}
