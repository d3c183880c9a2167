package tether

import (
	"sync/atomic"
	"time"
)

// Stats counts what a client did since it was made, and what waits in it now. Sizes are in bytes of payload.
type Stats struct {
	State         State
	Attempts      uint64 // started
	Opens         uint64 // attempts that led to an open connection
	Sent          uint64 // messages handed to the platform
	SentBytes     uint64
	Received      uint64 // messages put into the inbox
	ReceivedBytes uint64
	Dropped       uint64        // messages given up in either direction; see [Dropped]
	Replaced      uint64        // messages that a newer one took the place of, in either direction; see [Replaces], [WithConflation]
	Pings         uint64        // sent by the [Heartbeat]
	Pongs         uint64        // that answered one
	RTT           time.Duration // of the last pong; 0: there was none
	MinRTT        time.Duration // of the quickest
	Outbox        Limits        // waiting to be handed over
	Inbox         Limits        // waiting to be read
}

// counters are written by the client's goroutine and read by any.
type counters struct {
	attempts, opens, sentMessages, sentBytes, receivedMessages, receivedBytes, dropped atomic.Uint64
	pings, pongs                                                                       atomic.Uint64
	rtt, minRTT                                                                        atomic.Int64
}

func (c *counters) sent(size int) {
	c.sentMessages.Add(1)
	c.sentBytes.Add(uint64(size))
}

func (c *counters) received(size int) {
	c.receivedMessages.Add(1)
	c.receivedBytes.Add(uint64(size))
}

// ponged is called by the client's goroutine only, so that the least may be looked at and then set.
func (c *counters) ponged(rtt time.Duration) {
	c.rtt.Store(int64(rtt))
	if least := c.minRTT.Load(); c.pongs.Add(1) == 1 || int64(rtt) < least {
		c.minRTT.Store(int64(rtt))
	}
}

func (s *shell) stats() Stats {
	c := &s.counts
	return Stats{
		State: s.State(), Attempts: c.attempts.Load(), Opens: c.opens.Load(),
		Sent: c.sentMessages.Load(), SentBytes: c.sentBytes.Load(),
		Received: c.receivedMessages.Load(), ReceivedBytes: c.receivedBytes.Load(),
		Pings: c.pings.Load(), Pongs: c.pongs.Load(),
		RTT: time.Duration(c.rtt.Load()), MinRTT: time.Duration(c.minRTT.Load()),
		Dropped: c.dropped.Load(), Replaced: s.outbox.conflated() + s.inbox.conflated(),
		Outbox: s.outbox.size(), Inbox: s.inbox.size(),
	}
}
