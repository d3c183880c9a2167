// Package packet reads and writes files of packets: pcapng, and pcap for reading; and it takes TCP segments out of packets
// and makes packets of segments.
//
// It is our own and small because it goes into the panel: gopacket, which does the same and far more, would make the
// panel's program longer by a third. The tests hold it to gopacket's answers.
//
// # Words
//
// A packet is what such a file holds. A link is the kind of its outermost header. A segment is what a TCP packet says. An
// omission is a reason for which packets carry no segment that can be read, and how many they are.
//
// # Never
//
// Reading never panics, whatever the file holds, and never holds more than one block of [MaxBlock] bytes and [MaxFragments]
// bytes of fragments of IP. No packet is passed over without being counted.
package packet
