package packets

import (
	"context"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/pipe"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
)

// Feed is where the records of packets go.
type Feed struct {
	NewConn func() uint32        // returns the number of the next connection
	Keys    *pcap.KeyLog         // secrets of TLS connections; may be nil
	Counts  *pcap.Counts         // says what is passed over; may be nil
	Append  func(*record.Record) // takes a record, without credentials; valid only during the call
	Damage  func(error)          // what could not be read; may be nil
}

// maxPayload is how many bytes of a payload are kept: as many as the tap keeps.
const maxPayload = 64 << 10

// maxOwn is how many open connections of panels are left out at once.
const maxOwn = 1024

// Run reads packets from r until it or ctx ends. Connections to the feed of a panel are left out: they carry the records
// themselves. The error is [pcap.ErrNotPcap] or of r.
func (f Feed) Run(ctx context.Context, r io.Reader) error {
	own := map[uint32]bool{}
	return pcap.ReadWith(pipe.NewReader(ctx, r, nil), pcap.Options{NewConn: f.NewConn, Keys: f.Keys, Counts: f.Counts}, record.Visitor{
		Record: func(r *record.Record) error {
			if r.Kind == record.KindRequest && r.Name == feed.Path && len(own) < maxOwn {
				own[r.Conn] = true
			}
			if !own[r.Conn] {
				f.Append(cut(redact.Record(r)))
			} else if r.Kind == record.KindEnd {
				delete(own, r.Conn)
			}
			return nil
		},
		Damage: func(d *record.Damage) {
			if f.Damage != nil && ctx.Err() == nil {
				f.Damage(d)
			}
		},
	})
}

// cut leaves of payloads what a ring keeps.
func cut(r *record.Record) *record.Record {
	if len(r.Payload) > maxPayload || len(r.Body) > maxPayload {
		short := *r
		short.Payload, short.Body = r.Payload[:min(len(r.Payload), maxPayload)], r.Body[:min(len(r.Body), maxPayload)]
		return &short
	}
	return r
}
