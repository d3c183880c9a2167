// Package redis joins the nodes of the example application through one Redis server (6.2 or later).
//
// # What it keeps there
//
//	client:<id>          hash: connected, server, connectedAt, user. Expires unless its node renews it, so the clients
//	                     of a node that died vanish
//	websocket:clients    sorted set of ids by the time their hash expires, so that presence needs no scan
//	client:<id>:events   channel of one client
//	websocket:events     channel of everybody
//	websocket:notices    sorted set of messages that nodes get when they join or come back, by when they are over
//	ticket:<hash>        string, until it is taken or expires
//
// An id is drawn by the server and checked before it becomes part of a name. There is no other user text in a name, and
// no pattern subscription anywhere.
//
// # How losses are found
//
// Redis delivers a published message to those who are subscribed at that moment, and to nobody else. So each node
// numbers what it publishes for everybody, and says now and then how far it has come (a beacon); a node that sees a
// number missing announces a gap of known size. A node that loses its subscription announces a gap that lasts until it
// has a new one. Numbers that come twice are dropped.
//
// # Never
//
// The package never blocks who publishes, never waits for Redis longer than a second, and never logs the server's
// password.
package redis
