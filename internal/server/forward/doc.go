// Package forward is an explicit proxy for programs and browsers that are set to use it: HTTP (absolute-form and CONNECT, RFC 9112 section
// 3.2) and SOCKS5 (RFC 1928) on one port. It lets a tap see the WebSocket connections of all of them, wss included.
//
// # Shape
//
// What a client asks for is a tunnel to a destination, host and port. The first bytes in the tunnel decide what becomes of it: a
// TLS ClientHello is answered with a leaf certificate that the run's own [Authority] signs, and what is inside is read as HTTP; an
// HTTP request is read as it is; anything else, and TLS to destinations that pass, is carried byte for byte and not looked at. Requests
// are passed on by a [proxy.Proxy] for each destination, the same that stands in front of targets: so WebSockets get everything that
// targets have, and plain HTTP passes without a record, but for a count for each host.
//
// A client that refuses the leaf certificate has pinned another one, or does not trust the authority. Its destination passes from
// then on, and [Proxy.Hosts] says so.
//
// # Limits
//
// Heads of 64 KiB; ten seconds for a request, a SOCKS greeting or a TLS handshake; half a second for the first byte in a tunnel, after which
// the server is asked as well and the one that speaks first decides; a thousand tunnels at once, a thousand destinations remembered. Both sides are offered
// HTTP/1.1 only, which every browser accepts, unless [Options.HTTP2] and [proxy.Options.HTTP2] add HTTP/2, by ALPN; without TLS it passes unread.
//
// The SOCKS part is our own: RFC 1928 for CONNECT is a page, and the libraries for servers have been without releases for years.
//
// # Never
//
// The proxy listens on loopback, unless credentials are set. It never dials a port of this program: the control API cannot be
// reached through it. The authority's key is made in memory, is written nowhere and ends with the program; certificates of servers are
// verified as ever. A web page that calls its port with an ordinary request gets an explanation and nothing else.
package forward
