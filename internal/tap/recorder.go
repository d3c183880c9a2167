package tap

import (
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// recording is what the recorders of all connections of a tap share.
type recording struct {
	cfg   Config
	runs  RunSink      // cfg.Sink, where it takes runs of frames that are still masked; else nil
	snap  atomic.Int64 // bytes kept of each payload and message
	busy  atomic.Int64 // nanoseconds
	begin time.Time    // times are this plus the monotonic time since: a stepped wall clock does not reorder a capture

	transitsLater func() // has the transit times of all connections recorded soon
}

// now returns the time in nanoseconds since 1970.
func (r *recording) now() int64 { return r.begin.UnixNano() + int64(time.Since(r.begin)) }

// snapLength returns how many bytes are kept of each payload and message.
func (r *recording) snapLength() int { return int(r.snap.Load()) }

// append records r.
func (r *recording) append(rec *record.Record) { r.cfg.Sink.Append(rec) }

// response records the server's answer to the handshake of a connection. The head is redacted.
func (r *recording) response(conn uint32, head []byte, how record.Reached, marks record.Marks) {
	r.append(&record.Record{
		Time: r.now(), Conn: conn, Kind: record.KindResponse, Dir: record.In, Head: head, Reached: how, Marks: marks,
	})
}

// recorder records one connection.
type recorder struct {
	*recording
	conn uint32 // its number
}
