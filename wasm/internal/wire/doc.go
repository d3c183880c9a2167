// Package wire is the client's half of RFC 6455 and RFC 7692 on a connection: the opening handshake over net/http, a
// [Reader] and a [Writer]. Native programs alone import it; in a browser the browser does this.
//
// # Why not a library
//
// A library answers pings itself, from its reader, and needs the writer's lock for that. So a ping that arrives while a large
// message is on its way waits for the whole message. Here the Reader reports control frames and the Writer asks for
// them between any two frames. Who uses both decides which goroutine does what, and how long anything may take.
//
// # Never
//
// The package starts no goroutine, takes no lock and has no clock. A peer cannot make it allocate more than what it sent
// and than the limit on messages allows.
package wire
