package jsbridge

import "unsafe"

// The inbox is the buffer through which static/bridge.js passes events: it appends records, sets used, and wakes the
// pump, which takes all of them out. Nothing is allocated and nothing waits inside the call from JavaScript, so that
// call can never be suspended halfway, as one that starts a garbage collection could be.

// inboxSize is a compromise: a bigger message travels in pieces, each at the cost of a wake (2 µs).
const inboxSize = 256 << 10

type inbox struct {
	call call
	used uint32 // bytes of records in data: JavaScript adds, Go resets
	data [inboxSize]byte
}

// call is what Go asks JavaScript to send, and the answer: a message costs a call without arguments, which is half the price
// of one with them.
type call struct {
	socket, address, length, text uint32
	buffered                      int32 // the answer: bytes buffered after that, or -1
}

// The kinds of record. A piece that others of the same payload follow has recordMore set.
const (
	recordOpened  = 1 // argument: length of the subprotocol; payload: subprotocol, then extensions
	recordText    = 2 // argument: length in UTF-16 units
	recordBinary  = 3 // argument: length in bytes
	recordClosed  = 4 // argument: close code, plus recordClean; payload: reason
	recordDrained = 5 // what was watched for has come

	recordMore  = 0x100
	recordClean = 0x10000
)

// record is the head of a record as it lies in memory; its payload follows, padded to four bytes.
type record struct {
	kind     uint32
	socket   uint32
	argument uint32
	length   uint32
}

const headSize = uint32(unsafe.Sizeof(record{}))

// each calls f with the records in the inbox and empties it. payload is valid during the call only.
func (b *inbox) each(f func(r record, payload []byte)) {
	for at := uint32(0); at < b.used; {
		r := *(*record)(unsafe.Pointer(&b.data[at])) // data lies on a multiple of four, as does every record in it
		at += headSize
		f(r, b.data[at:at+r.length])
		at += (r.length + 3) &^ 3
	}
	b.used = 0
}
