// Package redis joins the nodes of the example application through Redis 6.2 or later: one server, or one that Sentinels know; or through
// a Redis Cluster of version 7.
//
// # What it keeps there
//
//	websocket:clients:<epoch>  hash of a node's clients by id: node, connectedAt, user. Expires unless the node renews it,
//	                     so that the clients of a node that died disappear
//	websocket:nodes      sorted set of the epochs of nodes by the time their hash expires, so that presence needs no scan
//	client:<id>:events   channel of one client
//	websocket:events     channel of all clients
//	websocket:notices    sorted set of messages that nodes get when they join or reconnect, by their expiry
//	websocket:log        stream: the last chat messages, by their number, for clients that come back
//	websocket:log:at     hash: epoch of the log, number of its last message, bytes in it, run_id of the process that keeps it
//	ticket:<hash>        string, until it is taken or expires
//
// An id is drawn by the server and checked before it becomes part of a name. There is no other user text in a name, and
// no pattern subscription anywhere.
//
// In a Cluster the log has the keys {websocket:events}:log and {websocket:events}:log:at: one script appends to them and publishes on
// websocket:events, and what a script touches must have one slot. Channels keep their names there, and are sharded ones, which only
// the primary of their slot knows: a node has one connection to each primary for them. It loses its subscription when one of
// these connections ends, or when the slot of a channel moves.
//
// # How losses are found
//
// Redis delivers a published message only to those subscribed at that moment. So each node numbers its messages for all
// clients, and regularly publishes its last number. A node that sees a number missing announces a gap of known size. A node
// that loses its subscription announces a gap that lasts until it has a new one. A number that comes twice is dropped.
//
// Numbers count from 1 in each life of a node, which is one run of its process and has an epoch, drawn at random. A life ends
// with a goodbye, which has its last number. When it ends without one, because the node says nothing for PresenceTTL or
// begins another life, messages may be missing that it delivered to its own clients last: a gap of unknown size is announced.
//
// # What is in the history
//
// One script appends a message to the log and then publishes it, so that who gets it from another node finds it in the log. A node's own
// clients get it before that: so a node answers for the history when Redis has what the node has accepted. A log that another Redis
// process kept begins another epoch: a replica that was promoted may lack what was written last.
//
// # Whether a client is connected
//
// A private message is published on its client's channel, and Redis answers how many nodes have subscribed to it. None does
// not mean that the client is not connected: after a restart Redis has no subscriptions until the nodes are back. So each
// node publishes at which Redis process, by its run_id, all of its clients are registered, and the sender asks again until
// every node has done so, or for three seconds; after that the outcome is unknown.
//
// # Never
//
// The package never blocks a publisher, never waits for Redis longer than a second for one answer, and never logs the server's password.
package redis
