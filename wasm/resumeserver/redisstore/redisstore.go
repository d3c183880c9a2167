//go:build !js

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// Options tune a store. The zero Options has the defaults.
type Options struct {
	// Grace is how long sessions wait while Redis cannot be reached before they go on in memory. Until then their clients can
	// still come to another node without a gap. Default 15 s.
	Grace time.Duration
}

// Store is a [resumeserver.Store] on Redis.
type Store struct {
	client redis.UniversalClient
	grace  time.Duration

	mu   sync.Mutex
	runs map[string]string // run_id of the process that answered last, by its address; "" if there is one
}

var _ resumeserver.Store = (*Store)(nil)

// New returns the store of one run of one node. It does not connect: client does, and the caller closes it.
func New(client redis.UniversalClient, opt Options) *Store {
	if opt.Grace <= 0 {
		opt.Grace = 15 * time.Second
	}
	return &Store{client: client, grace: opt.Grace, runs: map[string]string{}}
}

// keys are those of a session. In a Cluster they are in one slot.
func keys(name string) []string {
	return []string{"resume:{" + name + "}", "resume:{" + name + "}:out"}
}

// Grace implements [resumeserver.Store].
func (s *Store) Grace() time.Duration { return s.grace }

// Reach implements [resumeserver.Store].
func (s *Store) Reach(ctx context.Context) error { return s.client.Ping(ctx).Err() }

// tokenText returns a token as the scripts have it.
func tokenText(token uint64) string { return fmt.Sprintf("%010d%010d", token>>32, uint32(token)) }

// parseToken is the inverse of [tokenText].
func parseToken(text string) (uint64, error) {
	if len(text) != 20 {
		return 0, fmt.Errorf("a token of %d digits", len(text))
	}
	count, err1 := strconv.ParseUint(text[:10], 10, 32)
	nonce, err2 := strconv.ParseUint(text[10:], 10, 32)
	return count<<32 | nonce, errors.Join(err1, err2)
}

// maxChain is how many tokens of a session's client are kept, see [resumeserver.Record].
const maxChain = 16

// Take implements [resumeserver.Store].
func (s *Store) Take(ctx context.Context, name, owner string, known uint64) (r resumeserver.Record, err error) {
	answer, err := takeScript.Run(ctx, s.client, keys(name), owner, tokenText(known), fmt.Sprintf("%010d", rand.Uint32()), maxChain).Slice()
	if err != nil {
		s.reload()
		return r, fmt.Errorf("redisstore: take: %w", err)
	}
	if answer[0] == "unknown" {
		return r, resumeserver.ErrUnknown
	}
	return record(answer)
}

// record reads the answer of takeScript.
func record(answer []any) (r resumeserver.Record, err error) {
	if len(answer) != 7 {
		return r, fmt.Errorf("redisstore: a record of %d fields", len(answer))
	}
	var errs [4]error
	r.Chain, errs[0] = parseChain(fmt.Sprint(answer[1]))
	r.Before, errs[1] = parseToken(fmt.Sprint(answer[2]))
	r.Subprotocol = fmt.Sprint(answer[3])
	r.Taken, errs[2] = strconv.ParseUint(fmt.Sprint(answer[4]), 10, 64)
	r.Acked, errs[3] = strconv.ParseUint(fmt.Sprint(answer[5]), 10, 64)
	if err := errors.Join(errs[:]...); err != nil {
		return r, fmt.Errorf("redisstore: record: %w", err)
	}
	r.Moves = r.Chain[len(r.Chain)-1]
	r.Pending, err = pending(answer[6], r.Acked+1)
	return r, err
}

// parseChain reads tokens one after another; there is at least one.
func parseChain(text string) (chain []uint64, err error) {
	for ; len(text) > 20; text = text[20:] {
		token, err := parseToken(text[:20])
		if err != nil {
			return nil, err
		}
		chain = append(chain, token)
	}
	token, err := parseToken(text)
	return append(chain, token), err
}

// pending reads the messages of a stream, the first of which has the given number.
func pending(stream any, first uint64) (list []resumeserver.Message, err error) {
	entries, _ := stream.([]any)
	for i, e := range entries {
		number := first + uint64(i)
		pair, _ := e.([]any)
		if len(pair) != 2 || fmt.Sprint(pair[0]) != fmt.Sprintf("%d-0", number) {
			return nil, fmt.Errorf("redisstore: message %d of a session is missing", number)
		}
		fields, _ := pair[1].([]any)
		if len(fields) != 2 {
			return nil, fmt.Errorf("redisstore: a message of %d fields", len(fields))
		}
		list = append(list, resumeserver.Message{Text: fields[0] == "t", Data: []byte(fmt.Sprint(fields[1]))})
	}
	return list, nil
}

// arguments are those of saveScript: token, the oldest that the client may have, number, milliseconds to live, kind, user, subprotocol, taken, acked, number of
// the first message, run_id, and messages, each with a t for text or a b for binary before it.
func arguments(st resumeserver.Step, run string) []any {
	kind := "more"
	if st.End {
		kind = "end"
	} else if st.Whole {
		kind = "whole"
	}
	args := make([]any, 0, 11+len(st.Append))
	args = append(args, tokenText(st.Moves), tokenText(st.Known), st.Number, st.Lifetime.Milliseconds(), kind, st.Owner, st.Subprotocol, st.Taken, st.Acked, st.First, run)
	for _, m := range st.Append {
		p := make([]byte, 0, len(m.Data)+1)
		if m.Text {
			p = append(p, 't')
		} else {
			p = append(p, 'b')
		}
		args = append(args, append(p, m.Data...))
	}
	return args
}
