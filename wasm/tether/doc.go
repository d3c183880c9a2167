// Package tether is a WebSocket client that reconnects, is typed end to end, never loses what it received, and tells
// the truth about what it sent. The same source compiles natively and for js/wasm.
package tether
