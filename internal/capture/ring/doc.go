// Package ring keeps the capture of a running server and gives it to its subscribers.
//
// # Words
//
// The ring holds the newest records in their encoded form ([record.AppendRecord]), bounded in bytes. A subscriber is a
// cursor into the ring: it reads at its own pace, in batches ([record.AppendBatch]). Records that the ring drops to
// stay within its bound are evicted; those of them that a subscriber had not read yet are missed by that subscriber, and
// the next batch it reads says how many: a gap.
//
// # Shape
//
// Entries are encoded once, straight into chunks of memory that are reused for as long as the ring lives, so that a ring
// of any size costs the garbage collector a few hundred pointers and an append no allocation. Whole chunks are evicted.
// An append holds the lock for one encoding. A read holds it to find its records, and copies them behind it: the bytes of a record never
// change once it is appended, and a chunk that is evicted while a reader copies from it is not used again. Such chunks are beyond the
// bound, at most one for each reader at work.
//
// Frames that came together and of which the tap needs to know nothing are one entry, as they passed ([record.Run]): they become records for each
// reader, behind the lock. Each has a number of its own all the same, by which it is counted, found and evicted. An entry of empty messages grows
// most, from 6 bytes each to about 40.
//
// A payload that the tap left masked ([record.Record.LeftMasked]) stays so in the ring. It is unmasked for each reader, behind the lock, so
// that a capture without readers never pays for it.
//
// # Never
//
// The ring never waits for a subscriber, but for the one that asked for it and then not for long ([Ring.SubscribeKept]), never loses a record without counting it, and never grows past its bound. It
// reads no clock to stamp records: their times are the tap's.
package ring
