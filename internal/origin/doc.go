// Package origin decides whether a server of this machine answers a request: by the Host that it names and the Origin of the page
// that it comes from. The development server and the servers that commands are for a while share it.
//
// # Words
//
// A host is a name or address without port. A server's own hosts are those by which it may be called.
//
// # Why
//
// A page anywhere can make a browser connect to loopback; Origin names that page, unless its name was made to point to this
// machine (DNS rebinding): then Host does.
//
// # Never
//
// An unspecified address (0.0.0.0) does not mean every name: the addresses of this machine are its own, names must be given.
package origin
