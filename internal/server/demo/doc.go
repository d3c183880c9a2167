// Package demo is the WebSocket traffic of /ws/demo, and a client that shows every way in which a connection can end.
//
// # Shape
//
// [Serve] is the server's side: it sends a fixed script of frames, compressed and fragmented messages, pings and binary
// data, and ends as the query of the request asks ([Plan]). [Client] is the other side, for a demonstration without a
// browser: it plays [Scenarios], among them what no browser would send. [Runner] runs one client at a time.
//
// # Never
//
// The traffic depends on nothing but the plan: the same request gives the same frames.
package demo
