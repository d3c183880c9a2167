package tether

import "sync/atomic"

// Stats counts what a client did since it was made, and what waits in it now. Sizes are in bytes of payload.
type Stats struct {
	State         State
	Attempts      uint64 // started
	Opens         uint64 // attempts that led to an open connection
	Sent          uint64 // messages handed to the platform
	SentBytes     uint64
	Received      uint64 // messages put into the inbox
	ReceivedBytes uint64
	Dropped       uint64 // messages given up in either direction; see [Dropped]
	Outbox        Limits // waiting to be handed over
	Inbox         Limits // waiting to be read
}

// counters are written by the client's goroutine and read by anybody.
type counters struct {
	attempts, opens, sentMessages, sentBytes, receivedMessages, receivedBytes, dropped, undelivered atomic.Uint64
}

func (c *counters) sent(size int) {
	c.sentMessages.Add(1)
	c.sentBytes.Add(uint64(size))
}

func (c *counters) received(size int) {
	c.receivedMessages.Add(1)
	c.receivedBytes.Add(uint64(size))
}

func (s *shell) stats() Stats {
	c := &s.counts
	return Stats{
		State: s.State(), Attempts: c.attempts.Load(), Opens: c.opens.Load(),
		Sent: c.sentMessages.Load(), SentBytes: c.sentBytes.Load(),
		Received: c.receivedMessages.Load(), ReceivedBytes: c.receivedBytes.Load(),
		Dropped: c.dropped.Load(), Outbox: s.out.size(), Inbox: s.inbox.size(),
	}
}
