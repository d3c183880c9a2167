package wire

import (
	"math/bits"
	"sync"
)

// Room is a message and the memory before it that a [Writer] needs. It comes from a store that all connections share, so that a
// steady stream of messages allocates nothing, and a connection that is idle holds nothing.
type Room struct{ b []byte }

// The classes of sizes in the store are powers of two. What is smaller than the first or larger than the last is not kept.
const (
	firstClass = 9  // 512 bytes
	lastClass  = 20 // 1 MiB
)

var rooms [lastClass + 1]sync.Pool

// NewRoom returns a copy of p with the memory that goes before it.
func NewRoom(p []byte) *Room {
	var r *Room
	class := max(firstClass, bits.Len(uint(max(len(p), 1)-1)))
	if class <= lastClass {
		r, _ = rooms[class].Get().(*Room)
	}
	if r == nil {
		r = &Room{make([]byte, Headroom, Headroom+sizeOf(class, len(p)))}
	}
	r.b = append(r.b[:Headroom], p...)
	return r
}

// sizeOf is how much memory a room of a class gets for a message of n bytes.
func sizeOf(class, n int) int {
	if class <= lastClass {
		return 1 << class
	}
	return n
}

// Bytes returns what [Writer.Message] takes.
func (r *Room) Bytes() []byte { return r.b }

// Len is how long the message is.
func (r *Room) Len() int { return len(r.b) - Headroom }

// Free gives the memory back: r must not be used any more.
func (r *Room) Free() {
	if class := bits.Len(uint(max(cap(r.b)-Headroom, 1) - 1)); class <= lastClass {
		rooms[class].Put(r)
	}
}
