package redis

import (
	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/wasm/resumeserver/redisstore"
)

// Sessions is where a node keeps the sessions of a resumeserver.Server, for the other nodes to continue them. It has connections of
// its own: a server that ends saves its sessions while its broker closes.
type Sessions struct {
	*redisstore.Store
	client redis.UniversalClient
}

// NewSessions makes the store of one run of a node from a URL as [New] does. It does not connect, and works as soon as Redis can be
// reached: until then clients that ask for a session of another node try again.
func NewSessions(url string) (*Sessions, error) {
	client, err := Open(url)
	if err != nil {
		return nil, err
	}
	return &Sessions{redisstore.New(client, redisstore.Options{}), client}, nil
}

// Close closes the connections to Redis. The server that uses the store must have been closed.
func (s *Sessions) Close() error { return s.client.Close() }
