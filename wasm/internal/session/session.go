package session

// Message is one message of the application.
type Message struct {
	Text bool
	Data []byte
}

// PerMessage is what a message costs in bytes beside its payload, in every limit, so that a flood of empty messages is
// bounded too. Both sides count alike.
const PerMessage = 64

func (m Message) cost() int { return len(m.Data) + PerMessage }

// urgentCount is after how many taken messages an acknowledgement does not wait for company.
const urgentCount = 64

// Session is one side of a session. Its methods are for one goroutine at a time.
type Session struct {
	window int // how many bytes the peer may send ahead of our reader

	// What we send. The messages acked+1 … last are in out; those before next were sent on this connection, those up to
	// sent on any.
	out     fifo
	acked   uint64
	next    uint64
	sent    uint64
	flying  int // cost of acked+1 … next-1
	allowed int // the peer's window

	// What we receive. The messages taken+1 … received are in in.
	in             fifo
	received       uint64
	taken          uint64
	acknowledged   uint64 // the last acknowledgement that we gave
	unacknowledged int    // bytes of the messages acknowledged+1 … taken
	repeated       uint64
	missing        uint64
	ended          uint16

	asked    bool   // a ping waits for its answer: the last one only, however many came
	nonce    uint64 // of that ping
	answered uint64 // nonce of the last pong
	synced   bool   // the peer asks for an acknowledgement, whether one is owed or not
	token    uint64 // that the server gave last
}

// New returns a session that lets its peer send window bytes ahead of the reader.
func New(window int) *Session { return &Session{window: window, next: 1} }

// Append accepts a message to be sent. It takes ownership of m.Data. Callers bound what they append by [Session.Pending].
func (s *Session) Append(m Message) { s.out.push(m) }

// Pending returns how many messages the peer has not taken yet, and what they cost in bytes.
func (s *Session) Pending() (messages, bytes int) { return s.out.len(), s.out.cost }

// Unread returns how many messages wait for [Session.Read], and what they cost in bytes.
func (s *Session) Unread() (messages, bytes int) { return s.in.len(), s.in.cost }

// Repeated returns how many messages came again and were left out.
func (s *Session) Repeated() uint64 { return s.repeated }

// Last returns the number of the last message appended.
func (s *Session) Last() uint64 { return s.acked + uint64(s.out.len()) }

// Next appends to dst the next message frame for the connection. ok is false when there is none, or none that the peer's
// window has room for: a message may begin where there is any room at all, so that one of any size gets through.
func (s *Session) Next(dst []byte) (frame []byte, text, ok bool) {
	if s.next > s.Last() || s.flying >= s.allowed {
		return dst, false, false
	}
	m := s.out.at(int(s.next - s.acked - 1))
	s.flying += m.cost()
	frame = appendMessage(dst, s.next, s.acknowledge(), m.Data)
	s.sent = max(s.sent, s.next)
	s.next++
	return frame, m.Text, true
}

// Ack appends to dst an acknowledgement, a text message, if one is owed.
func (s *Session) Ack(dst []byte) (frame []byte, ok bool) {
	if !s.AckPending() && !s.synced {
		return dst, false
	}
	return appendControl(dst, kindAck, s.acknowledge()), true
}

// acknowledge returns the acknowledgement to give now.
func (s *Session) acknowledge() uint64 {
	s.acknowledged, s.unacknowledged, s.synced = s.taken, 0, false
	return s.taken
}

// AckPending reports whether an acknowledgement is owed: it may wait a little for a message to travel with.
func (s *Session) AckPending() bool { return s.taken > s.acknowledged }

// Urgent reports whether it should not wait, because the peer may be about to run out of window, or asks for it.
func (s *Session) Urgent() bool {
	return s.synced || s.taken-s.acknowledged >= urgentCount || s.unacknowledged*4 >= s.window && s.AckPending()
}

// End appends to dst the frame that ends the session for good, a text message; see [AppendEnd].
func (s *Session) End(dst []byte, code uint16) []byte {
	return AppendEnd(dst, s.Last(), s.acknowledge(), code)
}

// Ended returns, after GotEnd, the close code that the peer's connection is about to be closed with.
func (s *Session) Ended() uint16 { return s.ended }

// Confirm appends to dst an acknowledgement, a text message, whether one is owed or not.
func (s *Session) Confirm(dst []byte) []byte { return appendControl(dst, kindAck, s.acknowledge()) }

// Sync appends to dst an acknowledgement that asks for one, a text message. It is for a peer from which nothing has come for a
// while that was to come: if a frame of either side was lost, one of them notices at the next. Since version 2.
func (s *Session) Sync(dst []byte) []byte { return appendControl(dst, kindSync, s.acknowledge()) }

// Missing returns, after GotEnd, how many messages the peer appended that never came.
func (s *Session) Missing() int { return int(min(s.missing, maxCount)) }

// maxCount bounds a number that a peer may have made up.
const maxCount = 1<<31 - 1

// Pong appends to dst the answer to the last ping, a text message, if it was not given yet.
func (s *Session) Pong(dst []byte) (frame []byte, ok bool) {
	if !s.asked {
		return dst, false
	}
	s.asked = false
	return appendControl(dst, kindPong, s.nonce), true
}

// Answered returns the nonce of the last pong.
func (s *Session) Answered() uint64 { return s.answered }

// Token returns the last token of a frame of [AppendToken].
func (s *Session) Token() uint64 { return s.token }

// Received is what a frame was.
type Received uint8

// The kinds of [Received].
const (
	GotMessage Received = iota // [Session.Read] has more
	GotNothing                 // an acknowledgement, or a message that had come before
	GotEnd                     // the session is over
	GotPing                    // [Session.Pong] has the answer
	GotPong                    // [Session.Answered] has the nonce
	GotSync                    // [Session.Ack] has the answer
	GotToken                   // [Session.Token] has the token, [Session.Pong] the answer
)

// Receive takes a frame from the connection. It takes ownership of p. acked says how many messages the peer has taken
// since the last time. Every error is a [ProtocolError], after which this connection must not be used any more.
func (s *Session) Receive(text bool, p []byte) (got Received, acked int, err error) {
	h, err := parse(text, p)
	if err != nil {
		return GotNothing, 0, err
	}
	switch h.kind {
	case kindEnd:
		if h.taken > s.sent {
			return GotNothing, 0, broken("an acknowledgement of a message that was not sent")
		}
		acked = s.settle(h.taken)
		s.missing, s.ended = max(h.number, s.received)-s.received, h.code
		return GotEnd, acked, nil
	case kindPing:
		s.asked, s.nonce = true, h.number
		return GotPing, 0, nil
	case kindToken:
		s.asked, s.nonce, s.token = true, h.number, h.number
		return GotToken, 0, nil
	case kindPong:
		s.answered = h.number
		return GotPong, 0, nil
	}
	if h.taken >= s.next {
		return GotNothing, 0, broken("an acknowledgement of a message that was not sent")
	}
	acked = s.settle(h.taken)
	switch h.kind {
	case kindAck:
		return GotNothing, acked, nil
	case kindSync:
		s.synced = true
		return GotSync, acked, nil
	}
	got, err = s.accept(h.number, Message{text, p[h.size:]})
	return got, acked, err
}

// accept takes the message if it is the next one.
func (s *Session) accept(number uint64, m Message) (Received, error) {
	switch {
	case number <= s.received:
		s.repeated++
		return GotNothing, nil
	case number > s.received+1:
		return GotNothing, broken("a message is missing before the one that came")
	case s.in.cost >= s.window:
		return GotNothing, broken("more was sent than the window allows")
	}
	s.received++
	s.in.push(m)
	return GotMessage, nil
}

// settle forgets what the peer has taken.
func (s *Session) settle(taken uint64) (messages int) {
	for s.acked < taken {
		m := s.out.pop()
		s.acked++
		if s.acked < s.next {
			s.flying -= m.cost()
		}
		messages++
	}
	s.next = max(s.next, s.acked+1)
	return messages
}

// Read returns the next message for the reader, who has taken it by that.
func (s *Session) Read() (m Message, ok bool) {
	if s.in.len() == 0 {
		return m, false
	}
	m = s.in.pop()
	s.taken++
	s.unacknowledged += m.cost()
	return m, true
}

// Position returns how far we have come, for a [Hello] or [Welcome], which is an acknowledgement as well.
func (s *Session) Position() Position {
	return Position{Taken: s.acknowledge(), Received: s.received, Window: s.window}
}

// Attach begins a connection whose peer has come to p: what it did not receive is sent again by Next. acked is how many
// messages the peer has taken since the last time. The error is a [ProtocolError]: the peer speaks of another session.
func (s *Session) Attach(p Position) (acked int, err error) {
	if p.Taken < s.acked || p.Received > s.sent || p.Taken > p.Received {
		return 0, broken("the position is not one of this session")
	}
	acked = s.settle(p.Taken)
	s.next = p.Received + 1
	s.flying = 0
	for i := range int(p.Received - p.Taken) {
		s.flying += s.out.at(i).cost()
	}
	s.allowed, s.asked, s.synced = p.Window, false, false
	return acked, nil
}

// Renew returns the session that takes the place of s, which its peer has lost. Messages that were never sent on any
// connection are certain not to have arrived and move over; lost is how many others the peer is not known to have taken.
// received is how many messages the peer had received when it lost the session, if it knows.
func (s *Session) Renew(received uint64, known bool) (fresh *Session, lost int) {
	fresh = New(s.window)
	unsent := int(s.sent - s.acked)
	for i := unsent; i < s.out.len(); i++ {
		fresh.Append(s.out.at(i))
	}
	if known && received >= s.acked && received <= s.sent {
		return fresh, int(s.sent - received)
	}
	return fresh, unsent
}

// fifo is a queue of messages that knows what they cost.
type fifo struct {
	list []Message // list[head:] waits
	head int
	cost int
}

func (f *fifo) len() int         { return len(f.list) - f.head }
func (f *fifo) at(i int) Message { return f.list[f.head+i] }

func (f *fifo) push(m Message) {
	f.list = append(f.list, m)
	f.cost += m.cost()
}

func (f *fifo) pop() Message {
	m := f.list[f.head]
	f.list[f.head] = Message{}
	f.cost -= m.cost()
	if f.head++; f.head == len(f.list) {
		f.list, f.head = f.list[:0], 0
	} else if f.head >= 64 && f.head*2 >= len(f.list) {
		n := copy(f.list, f.list[f.head:])
		clear(f.list[n:])
		f.list, f.head = f.list[:n], 0
	}
	return m
}
