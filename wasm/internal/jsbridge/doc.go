// Package jsbridge is the browser's WebSocket, typed, for Go programs compiled to js/wasm: together with the files named
// *_js.go in wasm/ it is the only place that knows syscall/js. Natively it is empty.
//
// A [Socket] is one browser WebSocket; its [Handler] is called, in order, for everything that happens to it. There are two kinds, which
// behave alike. [DialBridge] goes through static/bridge.js, which writes events straight into this program's memory;
// [Bridged] says whether the page has loaded it. [DialPlain] needs nothing from the page: it uses syscall/js callbacks,
// which cost about three times the CPU for each message.
//
// What it never does: wait for the network or the peer; pass a close code or reason that a browser refuses (that is the
// caller's duty, and see [Socket]); decide anything, such as whether to connect again.
package jsbridge
