package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"time"
)

// maxTickets bounds the unused tickets, because a client could request them without end.
const maxTickets = 10000

// Memory is the broker of a system with one node.
type Memory struct {
	mu      sync.Mutex
	clients map[string]Client
	tickets map[string]ticket
	log     memoryLog
}

type ticket struct {
	value   string
	expires time.Time
}

// NewMemory returns an empty broker.
func NewMemory() *Memory {
	return &Memory{clients: map[string]Client{}, tickets: map[string]ticket{}, log: memoryLog{epoch: strings.ToLower(rand.Text())}}
}

// Start does nothing: there is no other node.
func (m *Memory) Start(string, Sink) error { return nil }

// Join makes c present.
func (m *Memory) Join(c Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clients[c.ID] = c
}

// Leave makes the client absent.
func (m *Memory) Leave(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clients, id)
}

// Publish does nothing: there is no other node.
func (m *Memory) Publish([]byte) {}

// PublishKept appends message to the log, which ends with the process.
func (m *Memory) PublishKept(message []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log.append(message)
}

// History returns what was logged after a position.
func (m *Memory) History(_ context.Context, after Position) (Past, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.log.after(after), nil
}

// Announce does nothing: there is no other node.
func (m *Memory) Announce([]byte, time.Time) {}

// Send reports NotPresent: a client of this node is reached without the broker.
func (m *Memory) Send(_ string, _ []byte, done func(Outcome)) { done(NotPresent) }

// Presence returns this node's clients.
func (m *Memory) Presence(_ context.Context, limit int) ([]Client, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	some := make([]Client, 0, min(limit, len(m.clients)))
	for _, c := range m.clients {
		if len(some) == limit {
			break
		}
		some = append(some, c)
	}
	return some, len(m.clients), nil
}

// PutTicket keeps value. It refuses when 10,000 wait already and none of them has expired.
func (m *Memory) PutTicket(_ context.Context, key, value string, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if len(m.tickets) >= maxTickets {
		for k, t := range m.tickets {
			if now.After(t.expires) {
				delete(m.tickets, k)
			}
		}
	}
	if len(m.tickets) >= maxTickets {
		return errors.New("too many tickets wait to be used")
	}
	m.tickets[key] = ticket{value, now.Add(ttl)}
	return nil
}

// TakeTicket returns the value once.
func (m *Memory) TakeTicket(_ context.Context, key string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.tickets[key]
	delete(m.tickets, key)
	if !ok || time.Now().After(t.expires) {
		return "", false, nil
	}
	return t.value, true, nil
}

// Lag is 0: there is no other node.
func (m *Memory) Lag() time.Duration { return 0 }

// Close does nothing.
func (m *Memory) Close() error { return nil }
