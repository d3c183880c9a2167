// Package broker joins the nodes of the example application: what one node's clients say to everybody, or to a client
// of another node, passes through a broker.
//
// # Words
//
// A node is one server process. A client is one connection, on one node. The bus is what carries messages to every
// other node; presence is who is connected anywhere; a gap is a time in which messages from other nodes were, or may
// have been, missed.
//
// # Promises
//
// A message is delivered at most once, and the messages of one node reach another in the order they were published.
// What is lost is announced as a gap, never hidden. A node that has lost its broker goes on serving its own clients.
//
// # Never
//
// A broker never blocks the goroutine that publishes, never delivers a node's own messages back to it, and never lets
// what a user wrote become part of the name of a key or a channel.
package broker
