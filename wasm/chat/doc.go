// Package chat declares the messages of the example application, once, for both ends: the server in internal/app, and
// any client that uses package tether, in Go natively, in Go in a browser, or through the JS module.
//
// # Words
//
// A message is a JSON object with a "type" member. Its type name is one of the constants here, and its other members
// are the fields of the struct of the same name. The type itself is not a field: it belongs to the envelope, which
// tether's typed events and the server write around the struct, so that a name cannot disagree with its fields. A
// struct that travels in both directions has fields that only the server fills in; they say so.
//
// A client is one connection, named by an id that the server draws. A user is who the token says is behind it; one
// user may have many clients.
//
// # Why it is here
//
// The package is public, because programs that copy the example need it, and beside tether, because a client must be able
// to import it without importing the server. It imports only the standard library, and of that nothing that costs a
// browser anything. It never does I/O and never encodes: that is the codec's job.
package chat
