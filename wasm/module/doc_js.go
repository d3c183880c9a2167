// Command module is the WASM half of the JS module (tether.wasm): the engine that decides for resilient sockets.
//
// JS owns the sockets and carries the messages (static/tether/resilient.mjs). It calls the exported functions of this
// program a few times per connection and never per message: it reserves memory and writes text, takes a step, and reads
// the orders from the output. Numbers and plain memory are all that crosses; no JS value ever enters Go, so there is
// nothing to release and nothing on globalThis. The words are those of package transport.
//
// An exported function never blocks and starts no goroutine: neither would run before the scheduler is entered again.
package main
