package session

import "strconv"

// Kept is what must be known of one side of a session to continue it elsewhere: what the peer may have been informed of.
type Kept struct {
	Taken   uint64    // messages of the peer that were taken
	Acked   uint64    // our messages that the peer has taken
	Pending []Message // ours after those, in order
}

// Restore returns a session that continues k. What the peer sent after k.Taken it sends again; what of k.Pending it has
// received it says when it attaches.
func Restore(window int, k Kept) *Session {
	s := New(window)
	s.received, s.taken, s.acknowledged = k.Taken, k.Taken, k.Taken
	s.acked, s.next = k.Acked, k.Acked+1
	for _, m := range k.Pending {
		s.Append(m)
	}
	s.sent = s.Last()
	return s
}

// Peek returns the message that the i-th next Read returns, counted from 0, without taking it.
func (s *Session) Peek(i int) (m Message, ok bool) {
	if i >= s.in.len() {
		return m, false
	}
	return s.in.at(i), true
}

// Taken returns the number of the last message that was read.
func (s *Session) Taken() uint64 { return s.taken }

// Acked returns the number of the last message that the peer is known to have taken.
func (s *Session) Acked() uint64 { return s.acked }

// Unacked returns the messages that the peer is not known to have taken, in order. They must not be changed.
func (s *Session) Unacked() []Message { return s.out.list[s.out.head:] }

// moved separates the name of a session from how often it has changed its server, in an identifier.
const moved = 'g'

// JoinName returns the identifier of the session name that has changed its server's node the given number of times, 0 for never.
// The client learns a new one with every change, so an identifier says which node the client last had an answer from. name
// has no lower-case letter.
func JoinName(name string, moves uint64) string {
	if moves == 0 {
		return name
	}
	return name + string(moved) + strconv.FormatUint(moves, 10)
}

// SplitName is the inverse of [JoinName]. Of what is no such identifier it returns all as name.
func SplitName(id string) (name string, moves uint64) {
	for i := range len(id) {
		if id[i] == moved {
			if n, err := number(id[i+1:]); err == nil && n > 0 {
				return id[:i], n
			}
			break
		}
	}
	return id, 0
}

// SameName reports whether two identifiers are of the same session.
func SameName(a, b string) bool {
	a, _ = SplitName(a)
	b, _ = SplitName(b)
	return a == b
}
