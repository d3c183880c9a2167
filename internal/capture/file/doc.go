// Package file reads and writes captures: capture files (.tscap), JSON lines and HAR, and packets through package pcap.
//
// # Words
//
// A format is one way to write the records of a capture. Damage is a part of a file that cannot be read: it is reported
// with its place, and the records around it are kept. A recording is a capture written to disk while it happens, in a run of
// files: the first has the name that was given, and one that would get too large is followed by the next, today.tscap by
// today-2.tscap.
//
// # Formats
//
// A capture file is batches with a checksum each, append-only: [Writer], [Read]. JSON lines have one record each:
// [JSONLWriter], [ReadJSONL]. HAR has an entry for each connection, with Chrome's messages for other programs and our frames
// beside them: [HARWriter], [ReadHAR]. What one of them wrote, its reader gives back exactly. [ReadAny] recognises the format.
//
// # Recordings
//
// Each batch of [Recording] is written with one write before the next is asked for. Whatever ends the program, kill -9
// included, the file opens with every record up to the last whole one; only a crash of the machine may lose more, because
// a batch is not synced to the disk.
//
// # Never
//
// Reading never panics, and never allocates more than a few times what it was given; a HAR file alone is held in memory
// whole, up to [MaxHAR]. A recording replaces no file unless it is forced to, only its owner can read its files, and it
// reports every gap.
package file
