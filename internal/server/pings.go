package server

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// The pings and pongs of one connection that are recorded. No limit of an endpoint counts them, so that a peer could fill the capture,
// and the disk under -record, with them. One that checks its link a hundred times a second is recorded whole. Those that fault rules touched or
// that violate a rule have the same limits again, so that others do not crowd them out: a peer may send nothing but pings with a key of zeros.
const (
	pingsPerSecond = 200
	pingsBurst     = 5000
)

// pingLimit leaves out of the capture what a connection has too many of. A record of the kind broken says how many are missing: in
// front of the connection's next record that is kept, once per second at most while pings come.
type pingLimit struct {
	now   func() time.Time
	conns byConn[*pings] // those that sent one; bounded by the connections that are open
}

type pings struct {
	limits  [2]*rate.Limiter // of ordinary ones, of marked and wrong ones
	missing [2]uint64        // by direction
	said    time.Time
}

func newPingLimit(now func() time.Time) *pingLimit {
	return &pingLimit{now: now}
}

// keep reports whether r is recorded, and what is to be recorded before it.
func (l *pingLimit) keep(r *record.Record) (before []*record.Record, ok bool) {
	ping := r.Kind == record.KindFrame && (r.Header.Opcode == frame.Ping || r.Header.Opcode == frame.Pong)
	s := l.conns.lock(r.Conn)
	defer s.mu.Unlock()
	c := s.of[r.Conn]
	switch {
	case c == nil && !ping:
		return nil, true
	case c == nil:
		c = newPings()
		s.put(r.Conn, c)
	}
	now := l.now()
	if ping && !c.limits[class(r)].AllowN(now, 1) {
		c.missing[r.Dir&1]++
		return nil, false
	}
	if !ping || now.Sub(c.said) >= time.Second {
		before = c.say(r)
		c.said = now
	}
	if r.Kind == record.KindEnd {
		delete(s.of, r.Conn)
	}
	return before, true
}

func newPings() *pings {
	return &pings{limits: [2]*rate.Limiter{rate.NewLimiter(pingsPerSecond, pingsBurst), rate.NewLimiter(pingsPerSecond, pingsBurst)}}
}

// class chooses the limit of a ping or pong.
func class(r *record.Record) int {
	if r.Marks != 0 || r.Violations != 0 {
		return 1
	}
	return 0
}

// say returns the records that say what is missing before r.
func (c *pings) say(r *record.Record) (list []*record.Record) {
	for dir, n := range c.missing {
		if n == 0 {
			continue
		}
		c.missing[dir] = 0
		list = append(list, &record.Record{
			Time: r.Time, Conn: r.Conn, Kind: record.KindBroken, Dir: record.Dir(dir),
			Reason: fmt.Sprintf("%d pings and pongs were not recorded: more than %d per second came", n, pingsPerSecond),
		})
	}
	return list
}
