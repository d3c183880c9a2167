// Package pcap turns records into packets that Wireshark understands, and packets into records.
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
// Files of tcpdump and Wireshark with WebSockets over plain TCP, or over TLS whose secrets are known (package tlsdecrypt); package packet reads them. Halves are put in order,
// repeated segments are dropped, and a segment passes after what it acknowledges. Every record has the time of the packet
// that completed it. What waits for a lost segment is bounded for all streams together; it is given up when the peer has
// acknowledged it and it does not come soon. A hole becomes a record that says where how much is missing; decoding goes on
// inside the frame, or where frames are found again. Halves without a handshake are read once there is evidence.
//
// # Never
//
// Reading never panics, whatever the file holds, and holds no more than [MaxWaiting] bytes of segments, [MaxStreams] streams
// and [MaxPayload] bytes of a frame.
package pcap
