// Package http2 takes HTTP/2 connections apart that pass by or were captured (RFC 9113): header fields and data of their streams, in the
// order in which they passed. [OpensSocket] finds the streams that are WebSockets (RFC 8441), and [Head] writes their handshakes as records
// hold them. Packet files (internal/capture/pcap) and the tap (internal/tap, type HTTP2) read with it.
//
// # Words
//
// A half is one direction of a connection, a stream one exchange in it. A block is a list of header fields, compressed with HPACK
// (RFC 7541) against a table of earlier ones. A field is unknown when it refers to an entry that is not in the capture.
//
// # Never
//
// The package keeps no data of streams and judges nothing: what breaks the protocol is passed over as far as the next frame can be found.
package http2
