// Package sim is a discrete simulation of the example application on many nodes: when its clients come back after a fault, what that
// costs the nodes and Redis, and how long it takes. Time is simulated: a million clients on a hundred nodes take seconds.
//
// # What it has from the product
//
// What a client does when it loses its connection, and when it tries again, is decided by tether.DefaultDecide and
// tether.Backoff.Delay; when a draining node asks its clients to come back by retryhint.Spreader. Nodes register clients at Redis as
// internal/app/redis does: in batches of 256, one batch at a time.
//
// # What is simple in it
//
// The front chooses the node with the fewest connections, asks another one when a node ends, and has no limits of its own. A node is one
// queue for its processor, and so is Redis. Networks have a constant delay and lose nothing. What anything costs is measured by
// `go run ./internal/bench/scale`.
//
// # Never
//
// A clock, or a random number that does not follow from the seed: the same configuration gives the same result.
package sim
