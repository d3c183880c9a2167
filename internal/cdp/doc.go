// Package cdp speaks the Chrome DevTools Protocol as a client: commands and their replies, and the events of a browser and of the
// targets in it, over one connection.
//
// # Words
//
// A target is a page, a frame of another process, or a worker. A session is an attachment to one; its messages carry its ID, and "" is the
// browser itself. A transport carries messages: a pipe of a browser that we started ([Pipe]), or a WebSocket of one that runs with
// --remote-debugging-port ([Dial]).
//
// # Never
//
// The package knows no domain of the protocol beyond what finds a browser. It reads no event longer than [MaxMessage] into memory from a
// WebSocket, and follows no redirection and no proxy variable there.
package cdp
