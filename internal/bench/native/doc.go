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
// # A run
//
// December 2026, Go 1.26 on two cores with a load of fifteen to twenty, -reps 5. Messages/s and CPU as ratios to bare
// coder/websocket, whose duplicate shows the noise: 0.86 to 1.36 in messages/s, 0.91 to 0.99 in CPU.
//
//	                        tether        gorilla       gobwas        gws
//	128 B, 256 in flight    5.85  0.20    1.34  0.77    0.38  2.75    1.38  0.77
//	128 B, one in flight    1.32  0.91    1.34  0.92    1.15  1.12    1.23  1.01
//	64 KiB, 16 in flight    1.73  0.58    0.86  1.06    0.94  1.00    2.93  0.27
//	idle, KiB · goroutines  16.1 · 3      11.7 · 1      3.5 · 1       7.9 · 1
//
// What made the difference: small messages that wait together leave by one write, where the others write each by itself; the memory
// of sent messages is used again; a read takes as much as has come. Before the last two,
// 64 KiB took 0.91 to 0.97 of coder's CPU, and an idle client 39 KiB and six goroutines. gws is ahead at 64 KiB because its callback
// gives each message's memory back; a message of tether belongs to the application.
//
// The peers are in a module of their own (internal/bench/peers): the command builds them with the Go module proxy, and without
// it measures ours and coder/websocket alone, and says so.
package main
