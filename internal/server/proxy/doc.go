// Package proxy stands in front of a server that it does not know, and lets a tap see the WebSocket connections to it.
//
// # Words
//
// A target is a server that the developer named on the command line, and the only one that its proxy ever dials. The
// client leg is the connection from the client to the proxy, the upstream leg the one from the proxy to the target. A pump
// carries the bytes of one direction.
//
// # Shape
//
// Each target has a [Proxy], and each proxy a listener and port of its own. A port rather than a path under the
// development server: absolute paths, cookies and Origin then work as they do without the proxy, no byte of a page needs
// rewriting, and the control API is another origin, which no path leads to.
//
// A WebSocket handshake is passed on as it stood on the wire but for its Host, which becomes the target's, and its Origin
// when [Options.RewriteOrigin] asks for it. The key, the extensions and the subprotocols are the client's, so the frames
// need no translation: from the 101 on, bytes are copied, and so are the ends: a FIN as a FIN, a reset as a reset. Ordinary
// HTTP passes through net/http/httputil.
//
// A frame is the same on both legs, byte for byte; it is recorded once, on the client leg. Its time is when it reached the
// proxy from its sender: outgoing frames are recorded before they leave for the target, incoming ones as they come from it.
// How long the frames of a direction stood here until they were written to the other leg is recorded behind them, within half
// a second; how long the name, TCP, TLS and the target's answer took stands with the response.
//
// # Limits
//
// Two buffers of 32 KiB for each connection, whatever passes. A side that does not read stops the other through TCP,
// as it would without a proxy. A head ends after 64 KiB, a dial after 10 s, an answer to a handshake must come within 30 s;
// an open connection may be silent without limit. HTTP/2 is spoken with targets that choose it, when
// [Options.HTTP2] offers it, each WebSocket on a connection of its own.
//
// # Never
//
// A proxy dials nothing but its target: no absolute-form URI, CONNECT, Host or redirect changes that, nor HTTP_PROXY.
// It follows no redirect, retries nothing, and answers for a target only when there is none to ask.
package proxy
