// Command server measures our server beside others that do the same: Node's ws and lxzan/gws. It prints everything it
// claims:
//
//	go run ./internal/bench/server            about ten minutes
//	go run ./internal/bench/server -short     about one minute: a look, not a result
//
// Words: a scenario is what clients do; a server is one of those compared; a repetition is every server once, in a new
// random order; window is how many messages a client sends before it waits for their answers.
//
// Each server and each load generator is a process of its own; the generator speaks raw TCP, sends chunks that were made
// beforehand, and looks at the type and the length of every frame that comes back. Ours runs three times: without a tap,
// without a tap again, and tapped. What separates it from its own duplicate is noise, and no smaller difference means
// anything. Ratios are taken within a repetition and are medians over all of them. CPU is that of the server's process
// per message, steadier than messages per second, which depend on what else the machine does: the load average stands
// above the figures. The untapped server holds memory of the size of the tap's ring, so that the garbage collector runs
// as often in both. No TLS and no compression.
//
// It needs npm and node for ws, and the Go module proxy for gws (a module of its own, internal/bench/peers); a peer that
// cannot be had is left out, and said so. CPU and memory are read from /proc: elsewhere than on Linux they are missing.
// It never downloads anything into the repository.
package main
