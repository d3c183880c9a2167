package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/keyfile"
	"github.com/tetherscope/tetherscope/internal/server/packets"
)

// Packets is a live capture that is shown beside what the tap sees. The zero value is none.
type Packets struct {
	File      string // pcap or pcapng that is read as it is written: a named pipe, or "-" for Input
	Input     io.Reader
	Interface string // or: the network interface on which a capture program is run
	Filter    string // what it captures, in the language of libpcap
	KeyLog    string // file with the secrets of TLS connections, which may grow; empty for none
}

func (p Packets) none() bool { return p.File == "" && p.Interface == "" }

// check finds combinations that have no meaning.
func (p Packets) check() error {
	switch {
	case p.File != "" && p.Interface != "":
		return errors.New("-capture and -capture-interface are two sources: give one of them")
	case p.Filter != "" && p.Interface == "":
		return errors.New("-capture-filter needs -capture-interface; what -capture reads was filtered where it was captured")
	case p.KeyLog != "" && p.none():
		return errors.New("-keylog needs -capture or -capture-interface")
	}
	return nil
}

// livePackets is a live capture that was opened.
type livePackets struct {
	in     io.Reader
	keys   *pcap.KeyLog // nil for none
	counts *pcap.Counts // of what is passed over
	name   string
	report func(format string, args ...any)
	end    func(context.Context) error // says why in ended
}

// openPackets opens the live capture, if there is to be one. What happens to it later is reported on out. A capture program is
// stopped when ctx ends.
func (c Config) openPackets(ctx context.Context, out io.Writer, targets targetListeners) (*livePackets, error) {
	p := c.Packets
	l := &livePackets{in: p.Input, counts: &pcap.Counts{}, name: "standard input", end: func(context.Context) error { return nil }}
	l.report = func(format string, args ...any) { _, _ = fmt.Fprintf(out, "live capture: "+format+"\n", args...) }
	if p.none() {
		return nil, nil //nolint:nilnil // there is none
	}
	if p.KeyLog != "" {
		keys, _, err := keyfile.Open(p.KeyLog) // it is read as long as the server runs
		if err != nil {
			return nil, fmt.Errorf("-keylog: %w", err)
		}
		l.keys = keys
	}
	switch {
	case p.Interface != "":
		program, err := packets.Start(ctx, packets.Program{Interface: p.Interface, Filter: p.Filter, Not: ownPorts(c.Addr, targets)})
		if err != nil {
			return nil, fmt.Errorf("-capture-interface: %w", err)
		}
		l.in, l.name, l.end = program, program.Name+" on "+p.Interface, program.Wait
	case p.File != "-":
		f, err := os.Open(p.File)
		if err != nil {
			return nil, fmt.Errorf("-capture: %w", err)
		}
		l.in, l.name = f, p.File
		l.end = func(context.Context) error { return f.Close() }
	}
	_, _ = fmt.Fprintf(out, "Packets of %s are shown in the panel as they pass.\n\n", l.name)
	return l, nil
}

// ownPorts are those on which this server listens: it has a tap there, and the panel's feed.
func ownPorts(addr string, targets targetListeners) (list []string) {
	for _, a := range append([]string{addr}, targets.addrs()...) {
		if _, port, err := net.SplitHostPort(a); err == nil {
			list = append(list, port)
		}
	}
	return list
}

func (all targetListeners) addrs() (list []string) {
	for _, one := range all {
		list = append(list, one.addr)
	}
	return list
}

// showPackets puts the records of a live capture into the ring until it or ctx ends. The tap's counters leave them out.
func (s *Server) showPackets(ctx context.Context, l *livePackets) {
	if l == nil {
		return
	}
	s.live.Store(&liveStatus{Source: l.name, counts: l.counts})
	f := packets.Feed{NewConn: s.tap.NewConn, Keys: l.keys, Counts: l.counts, Append: s.ring.Append, Damage: func(err error) { l.report("%v", err) }}
	err := f.Run(ctx, l.in)
	if ctx.Err() != nil {
		return
	}
	s.live.Store(&liveStatus{Source: l.name, Ended: true, counts: l.counts})
	if err = errors.Join(err, l.end(ctx)); err != nil {
		l.report("%s ended: %v", l.name, err)
		return
	}
	l.report("%s ended", l.name)
}
