package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// subscription is what a node is subscribed to: over one connection, or in a Cluster over one to each primary, by sharded pub/sub. It is lost as
// a whole when one connection is.
type subscription struct {
	client  redis.UniversalClient
	cluster *redis.ClusterClient // nil: there is one connection
	timeout time.Duration        // for an answer

	ctx   context.Context // of its readers
	stop  context.CancelFunc
	work  sync.WaitGroup
	got   chan any
	lost  chan error // has room for one error
	first sync.Once  // of the errors

	mu     sync.Mutex
	lines  map[string]*line // by the address of their primary; "" if there is one
	wanted map[string]bool  // the channels
	closed bool
}

// line is one connection.
type line struct {
	*redis.PubSub
	last time.Time // when something arrived last; guarded by the subscription's mu
}

func newSubscription(b *Broker) *subscription {
	s := &subscription{client: b.client, cluster: b.cluster, timeout: b.opt.Timeout, got: make(chan any), lost: make(chan error, 1), lines: map[string]*line{}, wanted: map[string]bool{}}
	s.ctx, s.stop = context.WithCancel(b.ctx)
	return s
}

// begin subscribes to the first channel and waits until Redis confirms it.
func (s *subscription) begin(ctx context.Context, channel string) error {
	l, addr, err := s.open(ctx, channel)
	if err != nil {
		return err
	}
	if err = s.send(ctx, l, channel); err == nil {
		_, err = l.ReceiveTimeout(ctx, s.timeout)
	}
	if err != nil {
		_ = l.Close() // the error that matters is why
		return err
	}
	s.keep(addr, l)
	return nil
}

// open returns the connection on which a channel is subscribed to. The caller keeps it if it is new.
func (s *subscription) open(ctx context.Context, channel string) (l *line, addr string, err error) {
	if s.cluster != nil {
		master, err := s.cluster.MasterForKey(ctx, channel)
		if err != nil {
			return nil, "", err
		}
		addr = master.Options().Addr
		if l := s.line(addr); l != nil {
			return l, addr, nil
		}
		return &line{PubSub: master.SSubscribe(ctx)}, addr, nil
	}
	if l := s.line(""); l != nil {
		return l, "", nil
	}
	return &line{PubSub: s.client.Subscribe(ctx)}, "", nil
}

func (s *subscription) line(addr string) *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines[addr]
}

// keep reads from a connection from now on, if it is new.
func (s *subscription) keep(addr string, l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		_ = l.Close() // it is of no use any more
	case s.lines[addr] == nil:
		l.last = time.Now()
		s.lines[addr] = l
		s.work.Go(func() { s.read(l) })
	}
}

// subscribe adds channels. Subscribing twice is harmless. What Redis answers comes later.
func (s *subscription) subscribe(ctx context.Context, channels []string) error {
	if s.cluster == nil {
		return s.send(ctx, s.line(""), channels...)
	}
	for _, channel := range channels { // each has a slot of its own, and a command has one
		l, addr, err := s.open(ctx, channel)
		if err != nil {
			return err
		}
		err = s.send(ctx, l, channel)
		s.keep(addr, l)
		if err != nil {
			return err
		}
	}
	return nil
}

// send subscribes over a connection.
func (s *subscription) send(ctx context.Context, l *line, channels ...string) error {
	s.mu.Lock()
	for _, channel := range channels {
		s.wanted[channel] = true
	}
	s.mu.Unlock()
	if s.cluster != nil {
		return l.SSubscribe(ctx, channels...)
	}
	return l.Subscribe(ctx, channels...)
}

// unsubscribe removes channels.
func (s *subscription) unsubscribe(ctx context.Context, channels []string) error {
	s.mu.Lock()
	for _, channel := range channels {
		delete(s.wanted, channel)
	}
	s.mu.Unlock()
	if s.cluster == nil {
		return s.line("").Unsubscribe(ctx, channels...)
	}
	var errs []error
	for _, channel := range channels {
		master, err := s.cluster.MasterForKey(ctx, channel)
		if err != nil {
			return err
		}
		if l := s.line(master.Options().Addr); l != nil {
			errs = append(errs, l.SUnsubscribe(ctx, channel))
		}
	}
	return errors.Join(errs...)
}

// read hands over what arrives on one connection, until it fails. When Redis has been silent for the time of an answer, it is pinged. The
// silence is counted in waits, not by the clock: this process may have been stopped itself.
func (s *subscription) read(l *line) {
	for asked := false; ; {
		m, err := l.ReceiveTimeout(s.ctx, s.timeout)
		var timeout net.Error
		switch {
		case err == nil:
			asked = false
			if !s.hand(l, m) {
				return
			}
		case !errors.As(err, &timeout) || !timeout.Timeout() || s.ctx.Err() != nil:
			s.fail(err)
			return
		case asked:
			s.fail(fmt.Errorf("no answer within %v", s.timeout))
			return
		default:
			asked = true
			if err := s.ping(l); err != nil {
				s.fail(err)
				return
			}
		}
	}
}

// hand hands over what arrived, and reports whether the connection goes on.
func (s *subscription) hand(l *line, m any) bool {
	s.mu.Lock()
	l.last = time.Now()
	moved, _ := m.(*redis.Subscription)
	gone := moved != nil && moved.Kind == "sunsubscribe" && s.wanted[moved.Channel]
	s.mu.Unlock()
	if gone {
		s.fail(errors.New("the slot of a channel has moved to another primary"))
		return false
	}
	select {
	case s.got <- m:
		return true
	case <-s.ctx.Done():
		return false
	}
}

func (s *subscription) ping(l *line) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout)
	defer cancel()
	return l.Ping(ctx)
}

// fail notes the first error.
func (s *subscription) fail(err error) { s.first.Do(func() { s.lost <- err }) }

// arrived returns since when something may be missing: when something arrived last on the connection on which that is longest ago.
func (s *subscription) arrived() (first time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if first.IsZero() || l.last.Before(first) {
			first = l.last
		}
	}
	return first
}

// close ends the subscription and waits for its readers.
func (s *subscription) close() {
	s.stop()
	s.mu.Lock()
	s.closed = true
	lines := s.lines
	s.mu.Unlock()
	for addr := range lines {
		_ = lines[addr].Close() // it may have failed already
	}
	s.work.Wait()
}

// channelsOf returns the channels of clients, some at a time.
func channelsOf(ids []string, do func(channels []string) error) error {
	for some := range slices.Chunk(ids, chunk) {
		names := make([]string, len(some))
		for i, id := range some {
			names[i] = clientChannel(id)
		}
		if err := do(names); err != nil {
			return err
		}
	}
	return nil
}
