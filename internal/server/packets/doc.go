// Package packets is a source of records beside the tap: the packets of a network interface, as tcpdump or dumpcap give them
// while they pass. A program on this machine is watched without a change of it.
//
// # Words
//
// An input is a stream of pcap or pcapng: standard input, a named pipe, or the output of a capture program. The feed turns it into
// records as they are completed.
//
// # Never
//
// The package opens no interface itself: that needs rights that a capture program has and this one should not. It writes
// nothing to the network.
package packets
