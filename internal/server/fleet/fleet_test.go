package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// TestProofs: a proof holds for its secret, role, certificate and numbers, and for no other.
func TestProofs(t *testing.T) {
	s := Secret(strings.Repeat("s", minSecret))
	proof := s.prove(roleReader, "cert", "server", "reader")
	if !s.proves(proof, roleReader, "cert", "server", "reader") {
		t.Error("a right proof is refused")
	}
	for name, holds := range map[string]bool{
		"another secret":      Secret(strings.Repeat("t", minSecret)).proves(proof, roleReader, "cert", "server", "reader"),
		"another role":        s.proves(proof, roleServer, "cert", "server", "reader"),
		"another certificate": s.proves(proof, roleReader, "", "server", "reader"),
		"another number":      s.proves(proof, roleReader, "cert", "server2", "reader"),
		"a moved border":      s.proves(proof, roleReader, "cert", "serverr", "eader"),
		"none":                s.proves(nil, roleReader, "cert", "server", "reader"),
	} {
		if holds {
			t.Errorf("%s: the proof holds", name)
		}
	}
}

// TestReadSecret: a secret is long, and readable by its user only.
func TestReadSecret(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	for _, c := range []struct {
		text string
		mode os.FileMode
		want string // part of the error; "" for none
	}{
		{" " + strings.Repeat("x", minSecret) + "\n", 0o600, ""},
		{strings.Repeat("x", minSecret-1) + "\n", 0o600, "32 at least"},
		{strings.Repeat("x", maxSecret+1), 0o600, "4096 at most"},
		{strings.Repeat("x", minSecret), 0o640, "can be read by other users"},
	} {
		_ = os.Remove(name)
		if err := os.WriteFile(name, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSecret(name)
		switch {
		case c.want == "" && (err != nil || len(s) != minSecret):
			t.Errorf("%d bytes: %d, %v", len(c.text), len(s), err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%d bytes, mode %o: %v", len(c.text), c.mode, err)
		}
	}
	if _, err := ReadSecret(name + "2"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestParsePeer: captures pass to another machine over https only.
func TestParsePeer(t *testing.T) {
	for text, want := range map[string]string{
		"http://127.0.0.1:7316":    "",
		"http://localhost:7316/":   "",
		"http://[::1]:7316":        "",
		"http://127.0.0.1":         "",
		"https://10.0.0.2:7316":    "",
		"https://b.example":        "",
		"http://10.0.0.2:7316":     "clear text",
		"http://b.example":         "clear text",
		"ws://127.0.0.1:1":         "no address",
		"b.example:7316":           "no address",
		"https://u:p@b.example":    "no address",
		"https://b.example/panel/": "no address",
		"https://b.example?a=1":    "no address",
		"":                         "no address",
	} {
		u, err := ParsePeer(text)
		if want == "" && (err != nil || u.Path != "") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, %v", text, u, err)
		}
	}
}

// TestNoRedirectIsFollowed: a node is where its address says, also where another one would be reached over http.
func TestNoRedirectIsFollowed(t *testing.T) {
	var visits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer other.Close()
	here := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer here.Close()
	u, err := ParsePeer(here.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{fleet: &Fleet{Config: Config{Secret: Secret(strings.Repeat("s", minSecret))}}, url: u}
	if _, _, err := p.dial(t.Context()); err == nil || !strings.Contains(err.Error(), "307") || visits.Load() != 0 {
		t.Errorf("%v; %d visits", err, visits.Load())
	}
}

// TestTheFastestAnswerCounts: of several readings of a clock that is 3 s ahead; the truth is within half the time that the answer took.
func TestTheFastestAnswerCounts(t *testing.T) {
	now, ahead := time.Unix(1000, 0), 3*time.Second
	ways := [][2]time.Duration{{90, 10}, {400, 0}, {3, 1}, {50, 50}, {0, 70}, {30, 30}, {9, 9}, {5, 5}} // ms there and back
	i := 0
	r, err := measure(t.Context(), func() time.Time { return now }, func(context.Context) (time.Time, error) {
		now = now.Add(ways[i][0] * time.Millisecond)
		there := now.Add(ahead)
		now = now.Add(ways[i][1] * time.Millisecond)
		i++
		return there, nil
	})
	if want := (reading{ahead + time.Millisecond, 4 * time.Millisecond}); err != nil || r != want || i != trips {
		t.Errorf("%v after %d, %v; want %v", r, i, err, want)
	}
	if text := r.String(); text != "its clock is 3.001s ahead, ±2.01ms" {
		t.Error(text)
	}
	if text := (reading{-time.Second, 0}).String(); text != "its clock is 1s behind, ±10µs" && text != "its clock is 1s behind, ±0s" {
		t.Error(text)
	}
	broken := errors.New("gone")
	if _, err := measure(t.Context(), time.Now, func(context.Context) (time.Time, error) { return now, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// merged is a merger, and what it appended.
type merged struct {
	Merger
	list []record.Record
}

func newMerged(snap int) *merged {
	m := &merged{}
	conns := uint32(0)
	m.Append = func(r *record.Record) { m.list = append(m.list, r.Clone()) }
	m.NewConn = func() uint32 { conns++; return record.PeerConn(conns - 1) }
	m.Snap = func() int { return snap }
	return m
}

func (m *merged) story() (lines []string) {
	for i := range m.list {
		n, _ := record.OfPeer(m.list[i].Conn)
		lines = append(lines, fmt.Sprintf("n%d %s %s", n+1, time.Unix(0, m.list[i].Time).UTC().Format("05.000"), m.list[i].Describe()))
	}
	return lines
}

func batch(first, missed uint64, list ...record.Record) []byte {
	b := record.AppendBatch(nil, record.Batch{First: first, Count: uint64(len(list)), Missed: missed})
	for i := range list {
		b = record.AppendRecord(b, &list[i])
	}
	return b
}

// TestMerging: connections get numbers of their own, times are this node's, and the visit says when it began and until where records came; after a
// new run of the peer its connections have ended.
func TestMerging(t *testing.T) {
	m, now := newMerged(4), time.Unix(10, 0)
	at := func(s int64) int64 { return time.Unix(s, 0).UnixNano() }
	take := func(b []byte) {
		t.Helper()
		if err := m.take(b, now); err != nil {
			t.Fatal(err)
		}
	}
	m.begin("b", "run 1", "https://b", reading{2 * time.Second, 0}, now)
	take(batch(7, 0,
		record.Record{Time: at(3), Conn: 1, Kind: record.KindRequest, Name: "/ws", Remote: "1.2.3.4:5", Node: "as it says"},
		record.Record{Time: at(4), Conn: 2, Kind: record.KindEnd, Reason: "its request was discarded"},
		record.Record{Time: at(5), Conn: 1, Kind: record.KindNote, Name: "x", Reason: "y"}))
	take(batch(20, 10, record.Record{Time: at(6), Conn: 9, Kind: 99}))
	m.end(errors.New("gone"), time.Unix(11, 0))
	m.begin("b", "run 1", "https://b", reading{}, time.Unix(12, 0))
	take(batch(21, 0, record.Record{Time: at(12), Conn: 1, Kind: record.KindNote, Name: "x", Reason: "again"}))
	m.begin("b", "run 2", "https://b", reading{}, time.Unix(13, 0))
	want := []string{
		`n1 10.000 request peer b from https://b, on node b`,
		`n1 10.000 joined: node b at https://b, records from the first one that it holds; its clock is 2s ahead, ±10µs`,
		`n2 01.000 request /ws from 1.2.3.4:5, on node b`,
		`n3 02.000 request`,
		`n3 02.000 end: its request was discarded`,
		`n2 03.000 x: y`,
		`n1 10.000 missed: 10 records of node b: it discarded them before this node read them`,
		`n1 11.000 end: connection to node b lost at 00:00:11.000Z, records up to 20: gone`,
		`n4 12.000 request peer b from https://b, on node b`,
		`n4 12.000 joined: node b at https://b, records from 21 on; its clock is 0s ahead, ±10µs`,
		`n2 12.000 x: again`,
		`n2 13.000 end: node b was started again`,
	}
	got := m.story()
	for i := range min(len(got), len(want)) {
		if a, b := strings.Join(strings.Fields(got[i]), " "), strings.Join(strings.Fields(want[i]), " "); a != b {
			t.Errorf("%d: %s\nwant %s", i, a, b)
		}
	}
	if len(got) != len(want)+2 || m.missed.Load() != 10 || m.dropped.Load() != 1 {
		t.Errorf("%d lines, %d missed, %d dropped:\n%s", len(got), m.missed.Load(), m.dropped.Load(), strings.Join(got, "\n"))
	}
}

// TestAPeerIsBounded: payloads are cut at this node's own length, and connections beyond the bound are counted and left out.
func TestAPeerIsBounded(t *testing.T) {
	m := newMerged(4)
	m.begin("b", "run", "https://b", reading{}, time.Unix(1, 0))
	long := record.Record{Conn: 1, Kind: record.KindFrame, Payload: []byte("0123456789"), Body: []byte("0123456789"), Message: 1, Final: true}
	if err := m.take(batch(1, 0, long), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if r := m.list[len(m.list)-1]; string(r.Payload) != "0123" || string(r.Body) != "0123" {
		t.Errorf("%q and %q are kept", r.Payload, r.Body)
	}
	for conn := range uint32(maxConns + 10) {
		m.add(&record.Record{Conn: conn + 1, Kind: record.KindRequest})
	}
	if len(m.conns) != maxConns || m.dropped.Load() != 10 {
		t.Errorf("%d connections, %d records dropped", len(m.conns), m.dropped.Load())
	}
	refusal := record.Record{Conn: 5, Kind: record.KindResponse, Head: []byte("HTTP/1.1 403 Forbidden\r\n\r\n")}
	if m.add(&refusal); len(m.conns) != maxConns-1 {
		t.Error("a refused handshake leaves its connection")
	}
	if err := m.take([]byte("nonsense"), time.Unix(1, 0)); err == nil {
		t.Error("nonsense is taken")
	}
}

// TestOnlyOwnRecordsAreServed: what came from another node is left out, and the last number is that of the whole batch.
func TestOnlyOwnRecordsAreServed(t *testing.T) {
	own, other := record.Record{Conn: 3, Kind: record.KindEnd}, record.Record{Conn: record.PeerConn(3), Kind: record.KindEnd}
	for name, c := range map[string]struct {
		list   []record.Record
		missed uint64
		count  uint64
	}{
		"own":               {[]record.Record{own, own}, 0, 2},
		"mixed":             {[]record.Record{other, own, other}, 1, 1},
		"others":            {[]record.Record{other, other}, 0, 0},
		"others and a loss": {[]record.Record{other}, 4, 0},
	} {
		b, err := appendOwn(nil, batch(10, c.missed, c.list...))
		if err != nil {
			t.Fatal(err)
		}
		if len(b) == 0 {
			if c.count > 0 || c.missed > 0 {
				t.Errorf("%s: nothing is served", name)
			}
			continue
		}
		head, err := record.ReadBatch(b, func(r *record.Record) bool { return r.Conn == 3 })
		if err != nil || head.Count != c.count || head.Missed != c.missed || head.First+head.Count != 10+uint64(len(c.list)) {
			t.Errorf("%s: %+v, %v", name, head, err)
		}
	}
}

// TestAttemptsAreBounded: for each address, and one more comes with time.
func TestAttemptsAreBounded(t *testing.T) {
	var l Limit
	now, allowed := time.Unix(1, 0), 0
	for range 3 * attempts {
		if l.Allow("a", now) {
			allowed++
		}
	}
	if allowed != attempts || !l.Allow("b", now) || !l.Allow("a", now.Add(attemptPause)) || l.Allow("a", now.Add(attemptPause)) {
		t.Errorf("%d of one address are allowed at once", allowed)
	}
	for i := range 3 * maxAddresses {
		l.Allow(fmt.Sprint(i), now)
	}
	if len(l.of) > maxAddresses {
		t.Errorf("%d addresses are remembered", len(l.of))
	}
}

// TestNames: a node's name is short and plain.
func TestNames(t *testing.T) {
	for name, valid := range map[string]bool{"b": true, "b-1.eu_x": true, "": false, "a b": false, "<b>": false, strings.Repeat("b", maxName+1): false} {
		if validName(name) != valid {
			t.Errorf("%q is valid: %v", name, !valid)
		}
	}
	if list := []string{roleReader, roleServer}; slices.Compact(list)[0] == list[1] {
		t.Error("the roles are one")
	}
}
