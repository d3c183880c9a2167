// Package record is what a capture keeps: one record for each frame or event of a connection, and its binary form.
//
// # Words
//
// A record is what the capture keeps of a frame or an event. A capture is an ordered run of records. Direction is seen
// by the observed client: out is what it sent. A batch is a run of encoded records with one header; batches are what
// travels from the ring to a panel and what a capture file holds. A gap is a place where records are known to be missing,
// and how many. A mark says what this program itself did to what a record tells of: what it injected stays marked in every
// form, in all versions.
//
// Of a connection through a proxy two things more are kept: with the response, how its target was reached, and after the
// frames, their transit times ([KindTransit]). A frame's own record is written when the frame arrives, so a frame that never
// leaves the proxy is recorded as well.
//
// # The binary form
//
// A batch is a version byte, then uvarints: the sequence number of its first record, how many records it holds, how many
// records are missing just before it (the gap), and how many the ring has evicted so far. Each record is a uvarint length
// and that many bytes, so a reader skips kinds that it does not know. Strings and payloads are length-prefixed. All
// integers are little-endian or LEB128 varints. Times of a handshake and the program of its client stand at the
// end of its records, where older readers do not look; so do, at the end of a frame's, the lengths of what a feed cut. [AppendBatch] and [AppendRecord] write it, [ReadBatch] reads it, and static/tap.js writes it in a page:
// testdata/page.batch.txt is the table of fields that all of them are held to.
//
// A run ([Run]) is another form that records have inside a ring only: frames as they passed, which [AppendEntries] makes records of.
//
// # Never
//
// The package reads no clock and does no I/O. Reading never panics, and never allocates more than a few times what it was
// given; every malformed byte gives an error with its offset.
package record
