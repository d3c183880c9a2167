// Command native measures tether as a native program's client, beside bare coder/websocket, gorilla/websocket, gobwas/ws and
// lxzan/gws, and prints beside each figure that has an aim whether it was reached:
//
//	go run ./internal/bench/native                  everything: some minutes
//	go run ./internal/bench/native -short           few repetitions: a look, not a result
//	go run ./internal/bench/native -only 128        one measurement
//	go run ./internal/bench/native -peers=false     ours and coder/websocket alone
//	go run ./internal/bench/native -profile p.out   a CPU profile of tether's process
//
// # How
//
// Each client is a process of its own, and so is the server, whose echo decodes and writes frames with as little work as it can.
// The measurements of a repetition run one after another in a random order; figures are medians. Bare coder/websocket runs twice:
// what separates it from its own duplicate is noise. CPU is that of the client's process, in nanoseconds by the kernel's scheduler.
// A client that is idle has a goroutine that waits for messages, which is counted.
//
// The peers are in a module of their own (internal/bench/peers): the command builds them with the Go module proxy, and without
// it measures ours and coder/websocket alone, and says so.
package main
