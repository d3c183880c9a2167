// Package capture turns records into packets that Wireshark understands, and packets into records.
//
// # Words
//
// A packet is what a pcap or pcapng file holds. A stream is one TCP connection among the packets, a half is one direction
// of it. A hole is a part of a half that no packet carries.
//
// # Out
//
// Packets are made up: Ethernet, IP and TCP around the real bytes of handshakes and frames, each connection from SYN to
// FIN, at the times of the records. The server's port is always 80, so that Wireshark takes it for HTTP without being
// told; the client's address is the real one where it is known. Since the handshake stands before the frames, Wireshark
// decompresses permessage-deflate. Marks are comments of the packets of a frame, "tetherscope: held edited", and come back
// from there.
//
// # In
//
// Files of tcpdump and Wireshark with WebSockets over plain TCP; package packet reads them. Halves are put in order,
// repeated segments are dropped. Every record has the time of the packet that completed it, what waits for a lost segment
// is bounded for all streams together, and a hole becomes a record that says how much is missing.
//
// # Never
//
// Reading never panics, whatever the file holds, and holds no more than
// [MaxWaiting] bytes of segments and [MaxStreams] streams.
package capture
