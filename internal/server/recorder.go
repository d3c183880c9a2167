package server

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// recorder is the tap's sink: it counts a record and puts it into the ring, without tokens.
type recorder struct {
	ring   *ring.Ring
	stats  *stats
	hidden *hider
	pings  *pingLimit
	node   string // name of this node in requests; "" for none
}

// Append takes a record from the tap.
func (r *recorder) Append(rec *record.Record) {
	r.stats.count(rec)
	missing, ok := r.pings.keep(rec)
	for _, m := range missing {
		r.ring.Append(m)
	}
	if !ok {
		r.stats.pings.Inc()
		return
	}
	if r.node != "" && rec.Kind == record.KindRequest {
		rec = ofNode(rec, r.node)
	}
	r.ring.Append(r.hidden.hide(rec))
}

// AppendRun takes frames from the tap that are data messages and mostly valid. Those of a connection that may still send a token become records
// now, so that it can be hidden.
func (r *recorder) AppendRun(run *record.Run) {
	if r.hidden.expects(run.Conn) {
		run.Each(r.Append)
		return
	}
	r.stats.countRun(run)
	r.appendMissing(run)
	r.ring.AppendRun(run)
}

// appendMissing says which pings are missing before the run. It is not inlined: see ofNode.
//
//go:noinline
func (r *recorder) appendMissing(run *record.Run) {
	data := record.Record{Time: run.Time, Conn: run.Conn, Kind: record.KindFrame, Header: frame.Header{Opcode: frame.Binary}}
	missing, _ := r.pings.keep(&data)
	for _, m := range missing {
		r.ring.Append(m)
	}
}

// ofNode returns a copy of rec with the name of its node. It is not inlined: a copy of a record is large, and the stack that a connection
// keeps while it is idle is as large as its frames needed.
//
//go:noinline
func ofNode(rec *record.Record, node string) *record.Record {
	named := *rec
	named.Node = node
	return &named
}

// logFrames writes a line for each record to the frame log until the ring closes. It reads the ring like any other
// subscriber: a slow terminal gets a gap, and slows no connection.
func (s *Server) logFrames() {
	if s.cfg.FrameLog == nil {
		return
	}
	sub := s.ring.Subscribe()
	defer sub.Close()
	var batch []byte
	for {
		var err error
		if batch, err = sub.Next(context.Background(), batch[:0]); err != nil {
			return
		}
		logBatch(s.cfg.FrameLog, batch)
	}
}

func logBatch(w io.Writer, batch []byte) {
	first := true
	head, err := record.ReadBatch(batch, func(r *record.Record) bool {
		if first {
			first = false
			logGap(w, r.Seq, batch)
		}
		_, err := fmt.Fprintf(w, "%s #%d %s\n", time.Unix(0, r.Time).Format("15:04:05.000000"), r.Conn, r.Describe())
		return err == nil
	})
	_, _ = head, err // the ring's own batches are well formed
}

// logGap says how many records the log was too slow for.
func logGap(w io.Writer, seq uint64, batch []byte) {
	head, err := record.ReadBatch(batch, func(*record.Record) bool { return false })
	if err == nil && head.Missed > 0 {
		_, _ = fmt.Fprintf(w, "… %d records before %d were not logged: the log was too slow for them\n", head.Missed, seq)
	}
}
