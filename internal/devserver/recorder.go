package devserver

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/hub"
	"github.com/tetherscope/tetherscope/internal/record"
)

// recorder is the tap's sink: it counts a record and puts it into the ring, without tokens.
type recorder struct {
	hub    *hub.Hub
	stats  *stats
	hidden hider
}

// Append takes a record from the tap.
func (r *recorder) Append(rec *record.Record) {
	r.stats.count(rec)
	r.hub.Append(r.hidden.hide(rec))
}

// logFrames writes a line for each record to the frame log until the hub closes. It reads the ring like any other
// subscriber: a slow terminal gets a gap, and slows no connection.
func (s *Server) logFrames() {
	if s.cfg.FrameLog == nil {
		return
	}
	sub := s.hub.Subscribe()
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
		_, err := fmt.Fprintf(w, "%s #%d %s\n", time.Unix(0, r.Time).Format("15:04:05.000000"), r.Conn, describe(r))
		return err == nil
	})
	_, _ = head, err // the hub's own batches are well formed
}

// logGap says how many records the log was too slow for.
func logGap(w io.Writer, seq uint64, batch []byte) {
	head, err := record.ReadBatch(batch, func(*record.Record) bool { return false })
	if err == nil && head.Missed > 0 {
		_, _ = fmt.Fprintf(w, "… %d records before %d were not logged: the log was too slow for them\n", head.Missed, seq)
	}
}

// describe puts a record on one line. Words of the peer are quoted, so that they cannot pass for lines of ours.
func describe(r *record.Record) string {
	switch r.Kind {
	case record.KindRequest:
		return fmt.Sprintf("request %s from %s", r.Name, r.Remote)
	case record.KindResponse:
		return fmt.Sprintf("response %q", firstLine(r.Head))
	case record.KindFrame:
		arrow := frame.ArrowOut
		if r.Dir == record.In {
			arrow = frame.ArrowIn
		}
		line := frame.LogLine(arrow, r.Header)
		if r.Violations != 0 {
			line += " ! " + r.Violations.String()
		}
		return line
	case record.KindClose:
		name, _ := frame.CloseCodeText(r.Code)
		return fmt.Sprintf("close %d (%s) by %s, clean %t, reason %q", r.Code, name, r.By, r.Clean, r.Reason)
	case record.KindEnd:
		return "end: " + r.Reason
	case record.KindBroken:
		return fmt.Sprintf("broken at byte %d of %s: %s", r.Offset, r.Dir, r.Reason)
	}
	return r.Kind.String()
}
