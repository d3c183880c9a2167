package fleet

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// maxConns bounds the connections of one peer that are open at once.
const maxConns = 1 << 16

// noticePause is the shortest time between two notes about missed records.
const noticePause = time.Second

// Merger puts the records of one peer into this node's capture. Its methods are for one goroutine; the counters may be read by any.
type Merger struct {
	Append  func(*record.Record) // takes a record; valid only during the call
	NewConn func() uint32        // returns the number of the next connection of another node
	Snap    func() int           // bytes that are kept of a payload

	node   string
	run    string            // of the peer's, of which conns are
	last   uint64            // number of the last record of it
	ahead  time.Duration     // of the peer's clock
	conns  map[uint32]uint32 // the peer's numbers of open connections to ours
	visit  uint32            // number of the connection that stands for the visit
	noted  time.Time         // when missed records were noted last
	unsaid uint64            // missed records that are not noted yet

	records, missed, dropped atomic.Uint64
}

// begin takes note that the peer is connected. A peer that has begun another run has ended the connections of the one before.
func (m *Merger) begin(node, run, url string, clock reading, now time.Time) {
	m.node, m.ahead = node, clock.ahead
	if m.run != run {
		for _, conn := range m.conns {
			m.Append(&record.Record{Time: now.UnixNano(), Conn: conn, Kind: record.KindEnd, Source: record.SourcePage, Reason: "node " + m.node + " was started again"})
		}
		m.run, m.last, m.conns = run, 0, map[uint32]uint32{}
	}
	m.visit = m.NewConn()
	m.Append(&record.Record{Time: now.UnixNano(), Conn: m.visit, Kind: record.KindRequest, Source: record.SourcePage, Name: "peer " + node, Remote: url, Node: node})
	from := "from the first one that it holds"
	if m.last > 0 {
		from = fmt.Sprintf("from %d on", m.last+1)
	}
	m.note(now, "joined", fmt.Sprintf("node %s at %s, records %s; %s", node, url, from, clock))
}

// String says how far a clock is off.
func (r reading) String() string {
	word, by := "ahead", r.ahead
	if by < 0 {
		word, by = "behind", -by
	}
	return fmt.Sprintf("its clock is %v %s, ±%v", by.Round(10*time.Microsecond), word, (r.took/2 + 5*time.Microsecond).Round(10*time.Microsecond))
}

// end takes note that the peer is lost. Its connections may go on, unseen.
func (m *Merger) end(why error, now time.Time) {
	m.sayMissed(now)
	m.Append(&record.Record{
		Time: now.UnixNano(), Conn: m.visit, Kind: record.KindEnd, Source: record.SourcePage,
		Reason: fmt.Sprintf("connection to node %s lost at %s, records up to %d: %v", m.node, now.UTC().Format("15:04:05.000Z"), m.last, why),
	})
}

// adjust takes another reading of the peer's clock, and notes it when it differs by more than both may be wrong.
func (m *Merger) adjust(clock reading, before reading, now time.Time) {
	m.ahead = clock.ahead
	if moved := clock.ahead - before.ahead; max(moved, -moved) > (clock.took+before.took)/2+time.Millisecond {
		m.note(now, "clock", clock.String())
	}
}

// take takes in a batch.
func (m *Merger) take(batch []byte, now time.Time) error {
	head, err := record.ReadBatch(batch, func(r *record.Record) bool { m.add(r); return true })
	if err != nil {
		return err
	}
	m.last = max(m.last, head.First+head.Count-1)
	m.missed.Add(head.Missed)
	m.unsaid += head.Missed
	if now.Sub(m.noted) >= noticePause {
		m.sayMissed(now)
	}
	return nil
}

// add puts one record into the capture.
func (m *Merger) add(r *record.Record) {
	if r.Kind == 0 || r.Kind > record.KindTransit {
		m.dropped.Add(1)
		return
	}
	conn, known := m.conns[r.Conn]
	if !known {
		if len(m.conns) >= maxConns || r.Kind == record.KindTransit { // transit times may follow an end
			m.dropped.Add(1)
			return
		}
		conn = m.NewConn()
		m.conns[r.Conn] = conn
		if r.Kind != record.KindRequest {
			m.Append(&record.Record{Time: r.Time - int64(m.ahead), Conn: conn, Kind: record.KindRequest, Source: r.Source, Node: m.node})
		}
	}
	c := *r
	c.Conn, c.Time = conn, r.Time-int64(m.ahead)
	if c.Kind == record.KindRequest {
		c.Node = m.node
	}
	if most := m.Snap(); most > 0 {
		c.Payload, c.Body = c.Payload[:min(len(c.Payload), most)], c.Body[:min(len(c.Body), most)]
	}
	m.Append(&c)
	m.records.Add(1)
	if c.Kind == record.KindEnd || c.Kind == record.KindResponse && !opens(c.Head) {
		delete(m.conns, r.Conn)
	}
}

// opens reports whether a response may have opened its connection: after another one nothing comes of it.
func opens(head []byte) bool {
	return len(head) < 12 || head[9] == '1' || head[9] == '2'
}

func (m *Merger) sayMissed(now time.Time) {
	if m.unsaid == 0 {
		return
	}
	m.note(now, "missed", fmt.Sprintf("%d records of node %s: it discarded them before this node read them", m.unsaid, m.node))
	m.unsaid, m.noted = 0, now
}

// note says something about the visit.
func (m *Merger) note(now time.Time, name, text string) {
	m.Append(&record.Record{Time: now.UnixNano(), Conn: m.visit, Kind: record.KindNote, Source: record.SourcePage, Name: name, Reason: text})
}
