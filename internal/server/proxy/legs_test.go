// These tests prove that the records of a proxied connection tell of both legs: how the target was reached, and how long each
// part of each direction stood here.
package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// of returns the kept records of a kind.
func (m *memory) of(kind record.Kind) (list []record.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.kept {
		if r.Kind == kind {
			list = append(list, r)
		}
	}
	return list
}

// reached returns how the target of a handshake with p was reached.
func (s *standing) reached(t *testing.T) record.Reached {
	t.Helper()
	say(t, s.addr, strings.ReplaceAll(upgrade("/", "example.test"), "keep-alive, ", ""))
	await.Until(t, "a response is recorded", func() bool { return len(s.seen.of(record.KindResponse)) > 0 })
	return s.seen.of(record.KindResponse)[0].Reached
}

// TestHowTheTargetWasReached: each step of the upstream leg's opening has its time, and one that was not needed has none.
func TestHowTheTargetWasReached(t *testing.T) {
	refusing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	secure, plain := httptest.NewTLSServer(refusing), httptest.NewServer(refusing)
	defer secure.Close()
	defer plain.Close()
	_, port, _ := net.SplitHostPort(secure.Listener.Addr().String())
	unverified := Options{TLS: &tls.Config{InsecureSkipVerify: true}}

	byName := stand(t, "t=wss://localhost:"+port, unverified).reached(t)
	if byName.Lookup <= 0 || byName.Connect <= 0 || byName.TLS <= 0 || byName.Response <= 0 || !strings.HasSuffix(byName.Address, ":"+port) {
		t.Errorf("by name and over TLS: %+v", byName)
	}
	byAddress := stand(t, "t=ws://"+plain.Listener.Addr().String(), Options{}).reached(t)
	if byAddress.Lookup != 0 || byAddress.Connect <= 0 || byAddress.TLS != 0 || byAddress.Response <= 0 || byAddress.Address != plain.Listener.Addr().String() {
		t.Errorf("by address: %+v", byAddress)
	}
	closed := listen(t)
	_ = closed.Close()
	if got := stand(t, "t=ws://"+closed.Addr().String(), Options{}).reached(t); got != (record.Reached{}) {
		t.Errorf("not at all: %+v", got)
	}
}

// TestEveryByteHasATimeInTheProxy: for all that passed in both directions its time in the proxy is reported, once.
func TestEveryByteHasATimeInTheProxy(t *testing.T) {
	l := listen(t)
	s := stand(t, "t=ws://"+l.Addr().String(), Options{})
	client, server := opened(t, s, l)
	var sent [2]uint64
	for i := range 50 {
		up := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Key: [4]byte{1, 2, 3, 4}}, make([]byte, i*1000))
		down := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary}, make([]byte, i*1000))
		for _, way := range []struct {
			dir      record.Dir
			from, to net.Conn
			what     []byte
		}{{record.Out, client, server, up}, {record.In, server, client, down}} {
			go func() { _, _ = way.from.Write(way.what) }()
			if _, err := io.ReadFull(way.to, make([]byte, len(way.what))); err != nil {
				t.Fatal(err)
			}
			sent[way.dir] += uint64(len(way.what))
		}
	}
	_, _ = client.Close(), server.Close()
	await.Until(t, "the end is recorded", func() bool { return len(s.seen.of(record.KindEnd)) > 0 })
	var reported [2]uint64
	for _, r := range s.seen.of(record.KindTransit) {
		for _, p := range r.Transits {
			if p.From != reported[r.Dir] || p.To <= p.From || p.Delay <= 0 {
				t.Fatalf("%v behind byte %d: %+v", r.Dir, reported[r.Dir], p)
			}
			reported[r.Dir] = p.To
		}
	}
	if reported != sent {
		t.Errorf("%d bytes were reported, %d were sent", reported, sent)
	}
}
