// Command soak is a day in ten minutes: 24 tethers send 86,400 messages, one after the other's answer, and lose their
// connection 1,440 times, against our server in a process of its own. What both processes hold afterwards is what they
// held before:
//
//	go run ./internal/bench/soak            ten minutes
//	go run ./internal/bench/soak -short     some seconds: a fortieth of a day
//
// Half of the tethers use /ws/echo, half the chat; each connects through a relay of its own, which loses the connection by
// RST and by FIN, and a third time the tether reconnects by itself. The server's heartbeat is quickened like the rest.
//
// Before means after a first round of everything, so that what is made once is there; the tap's ring is small, so that it
// is full by then. Heap is what the garbage collector finds alive. The command fails when an answer is wrong, goroutines
// or descriptors differ by more than two, or a heap has grown by more than 1 MiB.
//
// It never speaks to anything but its own child on loopback.
package main
