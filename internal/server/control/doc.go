// Package control is the HTTP API by which one acts on tapped connections: what is open, sending a message into one, sending
// it repeatedly, ending one, setting fault rules, and resolving frames that a rule intercepted. docs/control-api.json describes
// it; package scope is its Go client.
//
// # Words
//
// Those of package tap (injector, injection) and of scope/act, whose values travel as JSON.
//
// # Shape
//
// [New] makes a handler over the wires of a tap. A message is made into frames and checked against the rules of RFC 6455 and
// RFC 7692 first: one that breaks any is refused with their sections, unless it is forced. A repeated message lives exactly
// as long as the request that asked for it: when the requester goes, closes the stream or the connection ends, it ends,
// and says why where a subscriber still listens.
//
// # Never
//
// The API is reached only from this machine, whatever address the server listens on; the checks of Host, Origin and token
// are those of the dev server, before it. Bodies are bounded. No payload and no token reaches a log.
package control
