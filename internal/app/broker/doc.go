// Package broker connects the nodes of the example application: messages of one node's clients to all clients, or to a client
// of another node, pass through a broker.
//
// # Words
//
// A node is one server process. A client is one connection, on one node. The bus carries messages to every other node.
// Presence is the list of clients that are connected to any node. A gap is a time in which messages from other nodes were,
// or may have been, missed.
//
// # Promises
//
// A message is delivered at most once, and the messages of one node reach another in the order they were published.
// Lost messages are announced as a gap. A node that has lost its broker continues to serve its own clients.
//
// # Never
//
// A broker never blocks the goroutine that publishes, never delivers a node's own messages back to it, and never lets
// user text become part of the name of a key or a channel.
package broker
