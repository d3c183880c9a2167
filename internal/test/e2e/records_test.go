package e2e

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestRecordsAreWhatThePeerSaw: for the conversation of the script, without compression and with it in both takeover
// modes, every frame of both directions, every reassembled message, the handshake and the close are recorded as they
// were on the wire.
func TestRecordsAreWhatThePeerSaw(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	for name, offer := range map[string]string{"plain": "", "takeover": deflateOffer, "no takeover": noTakeover} {
		t.Run(name, func(t *testing.T) {
			p := script(t, s.addr, offer)
			c := s.connectionOf(t, p.conn.LocalAddr().String())
			sameFrames(t, record.Out, c.frames(record.Out), p.sent)
			sameFrames(t, record.In, c.frames(record.In), p.received)
			sameMessages(t, c)

			h := frame.ParseHandshake(c.of(t, record.KindRequest).Head, c.of(t, record.KindResponse).Head)
			if !h.Upgraded() || len(h.Problems) > 0 || (h.Deflate != nil) != (p.deflater != nil) {
				t.Errorf("handshake: upgraded %t, deflate %v, problems %v", h.Upgraded(), h.Deflate, h.Problems)
			}
			end := c.of(t, record.KindClose)
			if end.By != record.SideClient || end.Code != 4001 || end.Reason != farewell || !end.Clean {
				t.Errorf("close record: by %s, %d %q, clean %t", end.By, end.Code, end.Reason, end.Clean)
			}
		})
	}
}

// sameMessages: /ws/echo returns each message as it came, so both directions hold the same application messages, and
// what was compressed was inflated.
func sameMessages(t *testing.T, c connection) {
	t.Helper()
	sent, echoed := finals(c.frames(record.Out)), finals(c.frames(record.In))
	if len(sent) != len(echoed) {
		t.Fatalf("%d messages sent, %d echoed", len(sent), len(echoed))
	}
	for i := range sent {
		if sent[i].Inflated != echoed[i].Inflated || string(sent[i].Bytes()) != string(echoed[i].Bytes()) {
			t.Errorf("message %d: sent %d bytes, echoed %d", i, sent[i].Inflated, echoed[i].Inflated)
		}
		if sent[i].Compressed && !strings.Contains(string(sent[i].Bytes()), "TTHR") {
			t.Errorf("message %d was not inflated: %.40q", i, sent[i].Bytes())
		}
	}
}

func finals(fs []record.Record) (ms []record.Record) {
	for _, r := range fs {
		if r.Final {
			ms = append(ms, r)
		}
	}
	return ms
}

// TestAnAbruptEndIsRecordedAsSuch: a TCP reset leaves a close record that says that there was no close frame, and who
// ended TCP.
func TestAnAbruptEndIsRecordedAsSuch(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	p := abrupt(t, s.addr)
	c := s.connectionOf(t, p.conn.LocalAddr().String())
	if r := c.of(t, record.KindClose); r.Code != 1006 || r.Clean || r.By != record.SideNone {
		t.Errorf("close record: by %s, code %d, clean %t", r.By, r.Code, r.Clean)
	}
	if r := c.last(); r.By != record.SideClient {
		t.Errorf("TCP ended by %s (%s), want client", r.By, r.Reason)
	}
}
