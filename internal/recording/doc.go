// Package recording writes what a tap sees to capture files as it happens.
//
// # Words
//
// A recording is a run of files: the first has the name that was given, and one that would get too large is followed by the
// next, today.tscap by today-2.tscap. A batch is what a hub gives its subscribers; it goes to the file as it is.
//
// # Shape
//
// Each batch leaves with one write before the next is asked for. So whatever ends the program, kill -9 included, the file
// opens, with every record up to the last whole one; only a machine that stops may lose more, because a batch is not synced.
//
// # Never
//
// A recording never replaces a file unless told to, and lets nobody but its owner read one. It never says nothing of a gap.
package recording
