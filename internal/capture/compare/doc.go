// Package compare finds what is new, missing, changed or slower in a capture, held against another one of the same traffic.
//
// # Terms
//
// A and B are the two captures: what was, and what is. A leaf is a value inside a message with its path. The shape of a message is its
// format, what its decoder calls it and the paths and types of its leaves, elements of lists and names made of digits taken as one.
// A leaf is volatile when it is an id, a time or random by its name and value: two runs of the same program differ in it.
//
// # Shape
//
// A [Builder] takes the records of one capture and makes a [Capture] of them. [Compare] pairs their connections, by path and subprotocol
// and in order, and aligns the messages of each direction: by their leaves without the volatile ones first, then by shape, then by what
// they are called. Places at which nearly all messages of a shape differ are summed up once ([Place]) and not listed at each message.
//
// # Limits
//
// A capture has at most [MaxMessages] messages of [MaxBytes] bytes on [MaxConns] connections; what is beyond is counted and said. Work
// grows with the number of messages and, in a run in which nothing is alike, with at most [MaxEdits] times that number: behind it the
// alignment is approximate, which is said as well.
//
// # Never
//
// It does no I/O, knows no clock and changes no record. Pings and pongs are not compared: their times are chance.
package compare
