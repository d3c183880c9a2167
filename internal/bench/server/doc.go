// Command server compares the server of this repository with Node's ws and lxzan/gws, and its tapping proxy with a proxy that
// only copies bytes and with mitmproxy, and its forward proxy with mitmproxy. It prints every figure:
//
//	go run ./internal/bench/server                about a quarter of an hour
//	go run ./internal/bench/server -short         about two minutes: a look, not a result
//	go run ./internal/bench/server -only proxy    the proxies alone
//	go run ./internal/bench/server -only tunnel   the forward proxies, which read TLS
//	go run ./internal/bench/server -only idle -idle 20000 -heap .    the memory of idle connections alone, with heap profiles of our servers
//
// # Words
//
// A scenario is what clients do. A repetition runs every server once, in a new random order. The window is how many messages
// a client sends before it waits for their answers. A route is how clients reach a target: directly or through a proxy.
//
// # Method
//
// Each server and each load generator is a process of its own. The generator uses raw TCP, sends chunks that were prepared
// beforehand, and checks the type and length of every frame that comes back. Our server runs three times: untapped, untapped
// again, and tapped. The difference between the first two is noise, and no smaller difference means anything. Ratios are
// taken within a repetition; their median is printed. CPU time per message of the server's process is more stable than
// messages per second, which depend on other load: the load average is printed above the figures. A verdict is "noise" where
// the ratio is no further from its aim than the duplicate was from the first in some repetition (for proxies, which have no
// duplicate: than a repetition was from the median), and always where there was one repetition only, as with -short. The untapped server
// allocates as much memory as the tap's ring, so that the garbage collector runs equally often in both; not where memory is measured. There is no compression, and
// TLS in tunnels only.
//
// The memory of idle connections is what the process takes more with them. Of ours it also prints what of it is live after a garbage
// collection, on the heap and in stacks: the rest is what handshakes have left behind, which the next collection frees. Each end is a process, and
// needs as many descriptors as there are connections: where fewer are allowed (ulimit -Hn), it says so and takes those. Past 20,000 connections clients
// come from further addresses of 127.0.0.0/8, each of which has 28,000 ports.
//
// The target of the proxies is our echo without its tap. The plain proxy copies with io.Copy, which on Linux moves the bytes
// inside the kernel. Our proxy and mitmdump are started by their command lines, as users do. Our proxy runs twice more while
// everything is recorded, with -record and with a record command beside it, whose CPU time is counted too. The files are in
// TMPDIR, which must be on a disk for that figure to be meaningful.
//
// Tunnels go by CONNECT through a forward proxy that ends the client's TLS and begins its own to the target, our echo with TLS: ours with -proxy, and
// mitmdump in its regular mode. Both verify no certificate of the target. The mean round trip is what is under way over the rate. The memory is that of
// 1,000 tunnels, which is what our proxy serves at once.
//
// The command needs npm and node for ws, the Go module proxy for gws (a module of its own, internal/bench/peers), and mitmdump
// in the PATH; it reports which peers are missing and leaves them out. CPU and memory are read from /proc, so they are
// missing on other systems than Linux. It downloads nothing into the repository.
package main
