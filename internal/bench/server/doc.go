// Command server measures our server beside others that do the same, Node's ws and lxzan/gws, and our tapping proxy beside
// the least that a proxy can do and beside mitmproxy. It prints everything it claims:
//
//	go run ./internal/bench/server                about a quarter of an hour
//	go run ./internal/bench/server -short         about two minutes: a look, not a result
//	go run ./internal/bench/server -only proxy    the proxies alone
//
// Words: a scenario is what clients do; a server is one of those compared; a repetition is every server once, in a new
// random order; window is how many messages a client sends before it waits for their answers; a way is how clients reach a
// target: directly or through a proxy.
//
// Each server and each load generator is a process of its own; the generator speaks raw TCP, sends chunks that were made
// beforehand, and looks at the type and the length of every frame that comes back. Ours runs three times: without a tap,
// without a tap again, and tapped. What separates it from its own duplicate is noise, and no smaller difference means
// anything. Ratios are taken within a repetition and are medians over all of them. CPU is that of the server's process
// per message, steadier than messages per second, which depend on what else the machine does: the load average stands
// above the figures. The untapped server holds memory of the size of the tap's ring, so that the garbage collector runs
// as often in both. No TLS and no compression.
//
// The target of the proxies is our echo without its tap. The plain proxy copies with io.Copy, which on Linux moves the bytes
// inside the kernel. Ours and mitmdump are the programs as people run them, by their command lines. Ours runs
// twice more while everything is recorded, by its own -record and by a record command beside it, whose CPU then counts as
// well; the files are in TMPDIR, which must be on a disk for the figure to mean one.
//
// It needs npm and node for ws, the Go module proxy for gws (a module of its own, internal/bench/peers), and mitmdump in the
// PATH; a peer that cannot be had is left out, and said so. CPU and memory are read from /proc: elsewhere than on Linux they
// are missing. It never downloads anything into the repository.
package main
