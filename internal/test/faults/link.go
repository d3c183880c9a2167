package faults

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Kind is what a struck [Link] does to connections.
type Kind uint8

// The kinds; see the package's documentation.
const (
	Reset Kind = iota
	Fin
	CutFrame
	BlackHole
	Down
	Slow
	Sliced
	kinds
)

var kindNames = [kinds]string{"Reset", "Fin", "CutFrame", "BlackHole", "Down", "Slow", "Sliced"}

// String returns the name of the constant.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Disconnects reports whether a struck connection of this kind is of no more use.
func (k Kind) Disconnects() bool { return k < Slow }

// Kinds lists every kind.
func Kinds() []Kind {
	list := make([]Kind, kinds)
	for i := range list {
		list[i] = Kind(i)
	}
	return list
}

// toxic is one of Toxiproxy's faults, as its API spells it.
type toxic struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Stream     string         `json:"stream"`
	Toxicity   float32        `json:"toxicity"`
	Attributes map[string]int `json:"attributes"`
}

// both is one fault in both directions.
func both(kind string, attributes map[string]int) []toxic {
	return []toxic{
		{kind + "-up", kind, "upstream", 1, attributes},
		{kind + "-down", kind, "downstream", 1, attributes},
	}
}

// toxics is what Strike adds. A frame from a server has a header of two bytes at least, so three are within the first.
var toxics = [kinds][]toxic{
	Reset:     both("timeout", map[string]int{"timeout": 1}),
	Fin:       both("timeout", map[string]int{"timeout": 1}),
	CutFrame:  {{"cut", "limit_data", "downstream", 1, map[string]int{"bytes": 3}}},
	BlackHole: both("timeout", map[string]int{"timeout": 0}),
	Slow:      append(both("latency", map[string]int{"latency": 50, "jitter": 30}), both("bandwidth", map[string]int{"rate": 200})...),
	Sliced:    both("slicer", map[string]int{"average_size": 1, "size_variation": 0, "delay": 10}),
}

// linger lies dormant in every link of the kind Reset: Toxiproxy closes with a reset only what was connected while a
// reset_peer was there.
var linger = toxic{Name: "linger", Type: "reset_peer", Stream: "upstream", Toxicity: 0, Attributes: map[string]int{"timeout": 0}}

// TB is the part of testing.TB that a [Link] needs.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
}

// Link is a TCP path with one kind of fault in it. Its methods may be called by any goroutine, but not Strike and Heal at
// the same time.
type Link struct {
	Addr string // host:port to connect to; the same for the link's whole life
	Kind Kind

	t     TB
	proxy *toxiproxy.Proxy
}

// Open returns a whole link to upstream, a host:port. It ends with the test.
func Open(t TB, upstream string, kind Kind) *Link {
	t.Helper()
	nop := zerolog.Nop()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), nop)
	l := &Link{Kind: kind, t: t, proxy: toxiproxy.NewProxy(server, kind.String(), "127.0.0.1:0", upstream)}
	if kind == Reset {
		l.add(linger)
	}
	if err := l.proxy.Start(); err != nil {
		t.Fatal("faults:", err)
	}
	t.Cleanup(l.proxy.Stop)
	l.Addr = l.proxy.Listen
	return l
}

// Strike breaks the connections that pass, and those to come until Heal. A cut needs a byte from the server to happen, so
// something must be said after a strike of the kind CutFrame.
func (l *Link) Strike() {
	l.t.Helper()
	if l.Kind == Down {
		l.proxy.Stop()
		return
	}
	for _, x := range toxics[l.Kind] {
		l.add(x)
	}
}

// Heal makes the link whole again. Connections that a strike left hanging are closed by it.
func (l *Link) Heal() {
	l.t.Helper()
	if l.Kind == Down {
		if err := l.proxy.Start(); err != nil {
			l.t.Fatal("faults:", err)
		}
		return
	}
	for _, x := range toxics[l.Kind] {
		if err := l.proxy.Toxics.RemoveToxic(context.Background(), x.Name); err != nil {
			l.t.Fatal("faults:", err)
		}
	}
}

func (l *Link) add(x toxic) {
	l.t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		l.t.Fatal("faults:", err)
	}
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(string(b))); err != nil {
		l.t.Fatal("faults:", x.Type, err)
	}
}
