package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tetherscope/tetherscope/internal/app/broker"
)

// How long Redis keeps the log after the last message, and after that where it ended.
const (
	logTTL   = time.Hour
	stateTTL = 7 * 24 * time.Hour
)

// appendScript appends messages, which follow the other arguments: whether messages are missing before them, which begins another epoch;
// an epoch; the bounds in messages and bytes; and the milliseconds after which log and state expire.
var appendScript = redis.NewScript(`
local s = redis.call('HMGET', KEYS[2], 'epoch', 'last', 'bytes')
local epoch, last, bytes = s[1], tonumber(s[2] or 0), tonumber(s[3] or 0)
if not epoch or ARGV[1] == '1' then
  redis.call('DEL', KEYS[1])
  epoch, last = ARGV[2], 0
end
if redis.call('EXISTS', KEYS[1]) == 0 then bytes = 0 end
for i = 7, #ARGV do
  last = last + 1
  redis.call('XADD', KEYS[1], string.format('%d-0', last), 'm', ARGV[i])
  bytes = bytes + #ARGV[i]
end
while bytes > tonumber(ARGV[4]) or redis.call('XLEN', KEYS[1]) > tonumber(ARGV[3]) do
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if not first then break end
  bytes = bytes - #first[2][2]
  redis.call('XDEL', KEYS[1], first[1])
end
redis.call('HSET', KEYS[2], 'epoch', epoch, 'last', string.format('%d', last), 'bytes', string.format('%d', bytes))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 'ok'
`)

// readScript returns epoch, number of the last message, and at most ARGV[4] entries after the position of epoch ARGV[1] and number
// ARGV[2]; of another epoch from the first one on. A log that does not exist begins with the epoch ARGV[3].
var readScript = redis.NewScript(`
local s = redis.call('HMGET', KEYS[2], 'epoch', 'last')
local epoch, last, from = s[1], s[2] or '0', '-'
if not epoch then
  epoch = ARGV[3]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'epoch', epoch, 'last', last, 'bytes', 0)
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
if ARGV[1] == epoch then from = '(' .. ARGV[2] .. '-0' end
return {epoch, last, redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[4])}
`)

var logKeys = []string{logStream, logState}

func newEpoch() string { return strings.ToLower(rand.Text()) }

// log appends the messages of a batch that belong into the log. What was not published, or cannot be appended, leaves a hole, after which the
// log begins another epoch.
func (b *Broker) log(batch []outgoing, published bool) {
	var list [][]byte
	for _, l := range batch {
		if l.logged != nil {
			list = append(list, l.logged)
		}
	}
	holes, holed := b.logHoles()
	if !holed && len(list) == 0 {
		return
	}
	if published {
		published = b.appendLog(holed, list)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case published:
		b.filled = holes
	case len(list) > 0:
		b.holes++
	}
}

// logHoles returns how many holes this node has made in the log, and whether there are some that the log does not know.
func (b *Broker) logHoles() (holes uint64, holed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.holes, b.holes > b.filled
}

// appendLog reports whether Redis has answered that the messages are in the log.
func (b *Broker) appendLog(holed bool, list [][]byte) bool {
	flag := 0
	if holed {
		flag = 1
	}
	args := []any{flag, newEpoch(), broker.MaxLogged, broker.MaxLoggedBytes, logTTL.Milliseconds(), stateTTL.Milliseconds()}
	for _, m := range list {
		args = append(args, m)
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.opt.Timeout)
	defer cancel()
	if err := appendScript.Run(ctx, b.client, logKeys, args...).Err(); err != nil {
		b.opt.Log.Warn("broker: not logged", "messages", len(list), "error", err.Error())
		return false
	}
	return true
}

// History implements [broker.Broker].
func (b *Broker) History(ctx context.Context, after broker.Position) (p broker.Past, err error) {
	if _, holed := b.logHoles(); holed {
		return p, broker.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(ctx, b.opt.Timeout)
	defer cancel()
	epoch := after.Epoch
	if epoch == "" {
		epoch = stateNone // which is none
	}
	answer, err := readScript.Run(ctx, b.client, logKeys, epoch, after.Offset, newEpoch(), broker.MaxPast+1, stateTTL.Milliseconds()).Slice()
	if err != nil {
		return p, errors.Join(broker.ErrUnavailable, err)
	}
	return past(after, answer)
}

// past reads the answer of readScript.
func past(after broker.Position, answer []any) (p broker.Past, err error) {
	if len(answer) != 3 {
		return p, fmt.Errorf("redis: a log of %d fields", len(answer))
	}
	last, err := strconv.ParseUint(fmt.Sprint(answer[1]), 10, 64)
	if err != nil {
		return p, fmt.Errorf("redis: log: %w", err)
	}
	entries, _ := answer[2].([]any)
	first, kept := last+1, make([][]byte, len(entries))
	for i, e := range entries {
		number, message, err := entry(e)
		if err != nil {
			return p, err
		}
		if kept[i] = message; i == 0 {
			first = number
		}
	}
	return broker.PastOf(after, fmt.Sprint(answer[0]), last, first, kept), nil
}

// entry reads one entry of the stream.
func entry(e any) (number uint64, message []byte, err error) {
	pair, _ := e.([]any)
	if len(pair) != 2 {
		return 0, nil, fmt.Errorf("redis: an entry of %d parts", len(pair))
	}
	fields, _ := pair[1].([]any)
	if len(fields) != 2 {
		return 0, nil, fmt.Errorf("redis: an entry of %d fields", len(fields))
	}
	digits, _, _ := strings.Cut(fmt.Sprint(pair[0]), "-")
	number, err = strconv.ParseUint(digits, 10, 64)
	return number, []byte(fmt.Sprint(fields[1])), err
}
