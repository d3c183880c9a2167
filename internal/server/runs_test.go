package server

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// tapRun returns a run of three messages of the client, the last of which repeats a key.
func tapRun(t *testing.T, conn uint32) *record.Run {
	t.Helper()
	var wire []byte
	for i, text := range []string{"a secret token", "another text", "a third"} {
		h := frame.Header{Fin: true, Opcode: frame.Opcode(1 + i/2), Masked: true, Key: [4]byte{1, byte(min(i, 1)), 3, 4}}
		wire = frame.AppendFrame(wire, h, []byte(text))
	}
	d := frame.NewDecoder(frame.Config{FromClient: true, LeaveMasked: true})
	run, n := d.PassRun(wire, record.MaxRun)
	if n != len(wire) || run.Repeats != 1 {
		t.Fatalf("%d of %d bytes are a run: %+v", n, len(wire), run)
	}
	return &record.Run{Time: 7, Conn: conn, Dir: record.Out, Run: run, Bytes: wire}
}

// sinkOf returns a tap's sink for which connection 2 sends a token and connection 3 has sent too many pings.
func sinkOf(t *testing.T) *recorder {
	t.Helper()
	g := ring.New(1 << 20)
	r := &recorder{ring: g, stats: newStats(g, &sockets{}), hidden: &hider{}, pings: newPingLimit(func() time.Time { return time.Unix(9, 0) })}
	r.hidden.expect(2)
	for range pingsBurst + 5 {
		r.pings.keep(&record.Record{Kind: record.KindFrame, Conn: 3, Header: frame.Header{Opcode: frame.Ping}})
	}
	return r
}

// TestARunIsWhatItsRecordsAre proves that a run is counted, hidden, and recorded behind what is missing before it, as its records one by one are.
func TestARunIsWhatItsRecordsAre(t *testing.T) {
	whole, single := sinkOf(t), sinkOf(t)
	for conn := uint32(1); conn <= 3; conn++ {
		whole.AppendRun(tapRun(t, conn))
		tapRun(t, conn).Each(single.Append)
	}
	written := func(r *recorder) (capture []byte, counts string) {
		r.ring.Snapshot(func(b []byte) bool { capture = append(capture, b...); return true })
		for _, c := range append(r.stats.frames[record.Out][:], r.stats.wire[record.Out], r.stats.messages[record.Out], r.stats.violations) {
			counts += fmt.Sprint(c.Get(), " ")
		}
		return capture, counts
	}
	gotCapture, gotCounts := written(whole)
	wantCapture, wantCounts := written(single)
	if !bytes.Equal(gotCapture, wantCapture) {
		t.Errorf("the capture is %q, want %q", gotCapture, wantCapture)
	}
	if gotCounts != wantCounts {
		t.Errorf("the counts are %q, want %q", gotCounts, wantCounts)
	}
	if bytes.Count(gotCapture, []byte("a secret token")) != 2 {
		t.Errorf("the token of one of three connections is hidden: %q", gotCapture)
	}
	if n := whole.ring.Stats().Appended; n != 10 || whole.stats.violations.Get() != 3 {
		t.Errorf("%d records, %d with violations; want 10 with the one that says what is missing, 3", n, whole.stats.violations.Get())
	}
}
