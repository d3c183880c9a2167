// Package engine decides what a WebSocket client does next. It has no clock, no socket, no goroutine and no random numbers:
// events go in, commands come out.
//
// [Machine] is the state machine of a tether.Client: an [Event] says what happened, each [Command] says what to do. One table
// holds what every event does in every state (table.go); testdata/machine.mmd is its diagram. [Engine] drives the same
// machine for the JS module, in plain numbers: a [Step] in, each [Order] out.
//
// # Words
//
// An attempt is one try to connect. A generation is the number of the current transport: every event of a transport carries
// the generation that its connection was dialled with, and an event of another generation is dropped before the table is
// looked up, so that an abandoned socket is ignored. A fired timer carries the ID that it was armed with, and is dropped if
// it was disarmed or armed again since. The policy decides what follows the end of a connection ([Config].Decide). A monitor
// watches more than the connection: heartbeat, lifecycle of the page, diagnosis (monitors.go).
//
// # Never
//
// The package imports neither package tether, which has public types of the same shape as those in value.go, nor anything
// that waits.
package engine
