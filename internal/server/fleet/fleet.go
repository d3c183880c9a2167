package fleet

import (
	"context"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// MaxPeers bounds the peers of a node.
const MaxPeers = 64

// Config is what a fleet needs to know of its node.
type Config struct {
	Secret    Secret
	Node, Run string
	Peers     []*url.URL                       // as [ParsePeer] returns them; at most [MaxPeers]
	Append    func(*record.Record)             // takes a record of a peer; called by several goroutines
	Snap      func() int                       // bytes that are kept of a payload
	Report    func(format string, args ...any) // takes a line for the user
	Now       func() time.Time                 // this node's clock
}

// Fleet reads the peers of a node. Make one with [New].
type Fleet struct {
	Config
	peers []*peer
	conns atomic.Uint32

	mu   sync.Mutex
	runs map[string]*peer // by run of the peers that are connected
}

// New returns a fleet that reads nothing yet.
func New(c Config) *Fleet {
	f := &Fleet{Config: c, runs: map[string]*peer{}}
	for _, u := range c.Peers {
		p := &peer{fleet: f, url: u}
		p.merger.Append, p.merger.Snap, p.merger.NewConn = c.Append, c.Snap, func() uint32 { return record.PeerConn(f.conns.Add(1) - 1) }
		f.peers = append(f.peers, p)
	}
	return f
}

// Read reads the peers until ctx ends.
func (f *Fleet) Read(ctx context.Context) {
	var all sync.WaitGroup
	for _, p := range f.peers {
		all.Go(func() { p.run(ctx) })
	}
	all.Wait()
}

// Status is what is known of one peer.
type Status struct {
	Peer      string        // host and port of its address
	Connected bool          // now
	Ahead     time.Duration // of its clock, at the last reading
	Error     time.Duration // that Ahead may be wrong by
	Records   uint64        // that came from it
	Missed    uint64        // that it had discarded before they were read
	Dropped   uint64        // that came and were not taken: too many connections, or of an unknown kind
}

// Status returns what is known of each peer, in the order of the configuration.
func (f *Fleet) Status() (list []Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.peers {
		list = append(list, Status{p.url.Host, p.connected, p.clock.ahead, p.clock.took / 2, p.merger.records.Load(), p.merger.missed.Load(), p.merger.dropped.Load()})
	}
	return list
}

// reached takes note that a peer is connected, and what its clock shows.
func (f *Fleet) reached(p *peer, clock reading) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.connected, p.clock = true, clock
}

// left takes note that a peer is not connected any more. Its run may be read by another address now.
func (f *Fleet) left(p *peer, run string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.connected = false
	delete(f.runs, run)
}

// claim makes p the one that reads a run, or says that another one does.
func (f *Fleet) claim(run string, p *peer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.runs[run] != nil {
		return ErrTwice
	}
	f.runs[run] = p
	return nil
}

// name returns what a peer is called here: as it calls itself, with its address if this node or another peer is called so.
func (f *Fleet) name(p *peer, own string) string {
	if !validName(own) {
		return p.url.Host
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := own == f.Node
	for _, other := range f.peers {
		taken = taken || other != p && other.named == own
	}
	if p.named = own; taken {
		p.named = own + "@" + p.url.Host
	}
	return p.named
}
