// Package record is what a capture keeps: one record for each frame or event of a connection, and its binary form.
//
// # Words
//
// A record is what the capture keeps of a frame or an event. A capture is an ordered run of records. Direction is seen
// by the observed client: out is what it sent. A batch is a run of encoded records with one header; batches are what
// travels from the hub to a panel and what a capture file holds. A gap is a place where records are known to be missing,
// and how many. A mark says what this program itself did to what a record tells of: what it injected stays marked in every
// form, for ever.
//
// Of a connection through a proxy two things more are kept: with the response how its target was reached, and, a moment behind
// the frames, how long parts of a direction stood here ([KindPassed]). A frame's own record is written when it comes, so that
// one that never leaves is seen as well.
//
// # The binary form
//
// A batch is a version byte, then uvarints: the sequence number of its first record, how many records it holds, how many
// records are missing just before it (the gap), and how many the ring has evicted so far. Each record is a uvarint length
// and that many bytes, so a reader skips kinds that it does not know. Strings and payloads are length-prefixed. All
// integers are little-endian or LEB128 varints. Times of a handshake stand at the end of its records, where older readers do not look. [AppendRecord] and [ReadBatch] are the only two places that know it.
//
// # Files
//
// A capture file (.tscap) is batches with a checksum each, append-only: [FileWriter], [ReadFile]. JSON lines have one
// record each: [JSONLWriter], [ReadJSONL]. HAR has an entry for each connection, with Chrome's messages for other programs
// and our frames beside them: [HARWriter], [ReadHAR]. What one of them wrote, its reader gives back exactly. Damage, a part
// of a file that cannot be read, is told with its place, and what stands around it is kept.
//
// # Never
//
// The package opens no file and reads no clock: readers and writers are given to it. Reading never panics, and never
// allocates more than a few times what it was given; every malformed byte gives an error with its offset. A HAR file alone
// is held in memory whole, up to [MaxHAR].
package record
