// Package fleet shows connections of other nodes in the capture of this one: each node reads its peers' records, and serves them its own.
//
// # Words
//
// A node is one server process. A peer is another node whose records this one reads. A visit is one connection of a reader to the node that
// serves it, a WebSocket at [Path]. A run is one life of a node's process; its records are numbered from 1.
//
// # Shape
//
// Both ends of a visit prove that they know the secret of the fleet, by HMAC over numbers that each has drawn and over the certificate of the
// connection, so that the secret is never sent, and no one between them who ends TLS gets a proof that holds. Then the reader
// asks several times for the time there, and takes the answer that came fastest for how far the clocks are apart. Then batches of package
// record come: what the node still has, or what follows the record that the reader has last seen of the same run.
//
// [Merger] gives the peer's connections numbers of their own ([record.PeerConn]), its times this node's clock, and its requests the peer's
// name. A visit is a connection in the capture, too, which says when it began, how far the clocks are apart, and until where the records go.
//
// # Never
//
// A node never serves what it has from another: two that read each other do not echo, and a third has to be named. The secret is never sent. A
// peer's records never wait for memory without a bound: what is discarded is counted.
package fleet
