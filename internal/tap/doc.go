// Package tap watches the WebSocket connections of a server: it decodes the bytes that pass, records the frames, and lets a
// client of the package inject, delay, alter and intercept them.
//
// # Words
//
// A tap watches the connections of one server. A tapped connection is a [net.Conn] whose reads and writes are also decoded, each
// direction by its own frame decoder; the frames become records, which go to a [Sink]. A head is the request line or status line
// of the opening handshake and the header fields after it. An [Injector] acts on an open tapped connection; an injection is a run
// of whole frames that are sent together. Fault rules are those of internal/tap/fault.
//
// # Shape
//
// [Tap.Handler] wraps any http.Handler that upgrades by Hijack, whatever WebSocket library it uses, or that joins the
// connection with another one, as a proxy does. It takes what it needs of the connection in Hijack, so it works above TLS as
// well. [Listen] with [ConnContext] is optional: with it the heads are recorded exactly as they were sent; without it they are
// rebuilt from what net/http keeps, which has every field but not their order, their spelling, or the fields that net/http
// itself adds to a response.
//
// The layers of a connection, from the top: conn is what the server reads and writes. It chooses one of three paths for each
// direction: passThrough, injecting or shaping. All paths share the socket, which has the connection to the client, its two
// directions and its end. A direction has its decoding, its queue of injections and, under fault rules, its shaper.
//
// Of a connection that is relayed to another one (its proxy calls Relay) the tap also records transit times: how long each part
// took from its arrival until it was written to the other leg. They are recorded within half a second, after the frames'
// records.
//
// Bytes that are written are recorded just before they are sent, bytes that are read just after they came: so a record never
// precedes its cause.
//
// # HTTP/2
//
// A WebSocket over HTTP/2 (RFC 8441) is a stream among others. Where this program ends HTTP/2, internal/server/gateway makes a connection of
// each stream, which is tapped as any other; its handshake is recorded as the pseudo-header fields that came (method PseudoHead of the
// connection). Where HTTP/2 passes through as bytes, [Tap.WatchHTTP2] takes the bytes of both directions and records every stream that an
// extended CONNECT opens; nothing is injected there, and no rules apply.
//
// # Acting
//
// [Tap.Injector] finds an open connection. [Injector.Inject] sends frames in either direction: to the client ([record.In]) they
// are written between two frames of the server; to the server ([record.Out]) they are read between two frames of the client, by
// the server's library or by the pump that carries a proxy's bytes to its target. The rules:
//
//   - A frame is never cut. Each injection is sent as a whole at the next boundary between two frames; those of one direction are
//     sent in the order of their calls. No other frame gets between the frames of an injection.
//   - Control frames may be sent inside a fragmented message. Data frames may not: [Inside] chooses between failing, waiting for
//     the message's end (others overtake meanwhile), and sending it regardless.
//   - Injected frames go through the decoder of their direction like all others, so offsets, message numbers and violations are
//     those that the receiver sees. Their records have the mark [record.Injected], or the marks that the caller gives.
//   - Compression is the caller's business: a message without RSV1 is always legal between others and leaves the compression
//     context alone (RFC 7692 section 6). One with RSV1 enters the receiver's window but not the sender's.
//   - Frames to the server must be masked and frames to the client must not; the caller sees to that. The injector sends what it is
//     given, right or wrong, as long as it is whole frames.
//   - [Injector.Finish] and [Injector.Reset] end a direction or the connection; the record of the end says that this program
//     ordered it.
//   - The injections that wait are bounded in number and bytes, and fail when the connection ends.
//
// While nothing is injected and no rules are set, a read or a write costs one lock and one atomic load more than on a bare
// connection; no byte is copied, and reads and writes keep their slices. A reader that waits for the client is woken by a read
// deadline; the tap keeps the deadline that the connection's owner has set.
//
// # Cost
//
// What a tap costs is the work of decoding and recording, most of it copying and locks: `go test -bench Frame` prints what the frames of one
// read cost alone, `go run ./internal/bench/server` what they cost a server that is busy with system calls, where the same work
// takes two to three times as long. Tried without gain: to collect small pieces of all connections and decode a hundred at a
// time, so that code and data stay in the processor's caches; a ring of 1 MiB in place of 64; wider instructions to unmask.
//
// Frames of which nothing needs to be known are not decoded until a reader looks. Where a read or a write begins between two frames, those in it
// that are whole messages, not compressed and valid go to the sink as they passed ([RunSink]), up to 64 KiB under one lock: [frame.Decoder.PassRun]
// looks at their headers only, and at the bytes of text. All others are decoded at once: control frames, fragments, compressed messages, what
// is wrong, masked text other than ASCII, frames that come in several reads, and all frames while fault rules are set or
// that are injected. So what is counted, hidden or acted on never waits for a reader, and a run needs nothing that may have been evicted.
// `go test -run xxx -bench Frame -cpu 1 -count 7 ./internal/tap` on a machine with a load of 6 to 12, one by one and in runs, in turns, medians, text:
// 169 and 103 ns for a message of 128 B, 5.7 and 1.1 µs for a read with 16 of them, no difference at 16 KiB, where the copy into the ring is all.
// The bound of this lever, a prototype that copied into a buffer of each connection and looked at lengths only, not at text: 154 and 69 ns,
// 1.8 and 0.46 µs, 1.42 and 0.73 µs (quiet, user and system time, medians of 11); of binary messages of 16 KiB 0.83 and 0.73 µs. What is left
// of that at 16 KiB is the look at the text: without it, the count of violations would have to wait for readers.
//
// All connections share the ring's lock. `go test -run xxx -bench ManyConnections -cpu 1,2,4 -mutexprofile m ./internal/tap` has it waited for by nothing
// but Ring.AppendRun and Ring.Append: with four connections at once that feed 200,000 reads of 16 messages, 5.5 µs a read in runs and 8.2 µs one by one,
// under a load of 17 on 2 processors. There a read took 5.7 µs on one, 1.4 on two and 1.2 on four in runs, 22, 7.4 and 5.1 one by one (medians of 3). Not
// tried: rings of their own for groups of connections, merged by time when a reader looks, with numbers given then. Without a merge they lose
// the order between connections that readers rely on; with one, a reader that is always there, as a panel, has everything copied twice.
//
// Payloads of a client that nothing needs unmasked stay masked until a reader of the ring gets them ([Config.LeaveMasked]): binary messages of
// one frame, and such of text in ASCII, whose check needs no unmasked copy. `go test -bench Frame/size=16384 -cpu 1 -benchtime 200000x`, before
// and after in turns on a machine with a load of 27, user and system time of the process less that of 40000x, 9 times: 1.74 µs and 0.79 µs in
// the lower quartile, 1.79 and 1.16 in the median. At 128 B it makes no difference. A profile of the tapped server (perf, 16 KiB, 64
// connections) gave 16 % of its time to feeding the tap before that: 7 for copies, most of them into the ring, whose memory is in no cache,
// 2 for unmasking, 1 for the clock. At 128 B it was 10 %, copies being 1. So the copy into the ring bounds what can be won at 16 KiB.
//
// Huge pages under the ring: with memory of mmap and MADV_HUGEPAGE the same benchmark gave 0.23 µs in place of 0.39 at 128 B (median of 7) and
// no difference at 16 KiB, where the copy is bound by memory and not by address translation. Advice for slices of 2 MiB that Go allocates
// changed nothing (0.48 and 0.49): they are not aligned to huge pages, so that the kernel finds each one begun with small pages. Memory outside of
// Go's heap is no way out: the collector paces itself by the heap, and runs more often without the ring in it. It would take slabs of
// some 16 MiB that are cut into chunks.
//
// # Never
//
// Without rules and injections the tap changes no byte and delays none by waiting. It rejects nothing: enforcing limits is
// internal/wslimit's job. It records no credentials of a handshake: those in known places are redacted first. What applications
// say inside frames is recorded as it is.
package tap
