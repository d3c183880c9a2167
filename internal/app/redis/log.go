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

// publishScript publishes a batch, and appends to the log those of its messages that belong there before it publishes any: who gets one
// finds it in the history. Its arguments are whether messages are missing before them in the log, which begins another epoch; an epoch; the
// bounds in messages and bytes; the milliseconds after which log and state expire; the command that publishes; and for each message its channel, its payload, and
// the bytes of the payload before what is logged, 0 if nothing is. It returns why it could not log, or "", and for each message how many
// nodes got it: they get it even if it could not be logged.
//
// The log has the run_id of the process that keeps it. In another one it begins another epoch: that was started with older data, or is a
// replica that was promoted, which may never have got the last messages.
var publishScript = redis.NewScript(`
local function append()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local s = redis.call('HMGET', KEYS[2], 'epoch', 'last', 'bytes', 'run')
  local epoch, last, bytes = s[1], tonumber(s[2] or 0), tonumber(s[3] or 0)
  if not epoch or s[4] ~= run or ARGV[1] == '1' then
    redis.call('DEL', KEYS[1])
    epoch, last = ARGV[2], 0
  end
  if redis.call('EXISTS', KEYS[1]) == 0 then bytes = 0 end
  for i = 8, #ARGV, 3 do
    local before = tonumber(ARGV[i + 2])
    if before > 0 then
      last = last + 1
      redis.call('XADD', KEYS[1], string.format('%d-0', last), 'm', string.sub(ARGV[i + 1], before + 1))
      bytes = bytes + #ARGV[i + 1] - before
    end
  end
  while bytes > tonumber(ARGV[4]) or redis.call('XLEN', KEYS[1]) > tonumber(ARGV[3]) do
    local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    if not first then break end
    bytes = bytes - #first[2][2]
    redis.call('XDEL', KEYS[1], first[1])
  end
  redis.call('HSET', KEYS[2], 'epoch', epoch, 'last', string.format('%d', last), 'bytes', string.format('%d', bytes), 'run', run)
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
end
local logged, why = pcall(append)
if logged then why = '' elseif type(why) == 'table' then why = why['err'] end
local answer = {tostring(why)}
for i = 8, #ARGV, 3 do
  answer[#answer + 1] = redis.call(ARGV[7], ARGV[i], ARGV[i + 1])
end
return answer
`)

// readScript returns epoch, number of the last message, and at most ARGV[4] entries after the position of epoch ARGV[1] and number
// ARGV[2]; of another epoch from the first one on. A log that does not exist, or that another process kept, begins with the epoch ARGV[3].
var readScript = redis.NewScript(`
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local s = redis.call('HMGET', KEYS[2], 'epoch', 'last', 'run')
local epoch, last, from = s[1], s[2] or '0', '-'
if not epoch or s[3] ~= run then
  epoch, last = ARGV[3], '0'
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'epoch', epoch, 'last', last, 'bytes', 0, 'run', run)
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
if ARGV[1] == epoch then from = '(' .. ARGV[2] .. '-0' end
return {epoch, last, redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[4])}
`)

// logKeys are the stream and the hash of the log. In a Cluster they are in the slot of the channel of all clients, which the script publishes on.
func (b *Broker) logKeys() []string {
	if b.cluster != nil {
		return []string{"{" + allChannel + "}:log", "{" + allChannel + "}:log:at"}
	}
	return []string{"websocket:log", "websocket:log:at"}
}

func newEpoch() string { return strings.ToLower(rand.Text()) }

// publishLogging publishes a batch and appends to the log in one step. What cannot be appended leaves a hole, after which the log begins another
// epoch.
func (b *Broker) publishLogging(ctx context.Context, batch []outgoing, holes uint64, holed bool) ([]answer, error) {
	args := make([]any, 0, 7+3*len(batch))
	args = append(args, 0, newEpoch(), broker.MaxLogged, broker.MaxLoggedBytes, logTTL.Milliseconds(), stateTTL.Milliseconds(), "PUBLISH")
	if b.cluster != nil {
		args[6] = "SPUBLISH"
	}
	if holed {
		args[0] = 1
	}
	kept := 0
	for _, l := range batch {
		before := 0
		if l.logged > 0 {
			before = len(l.payload) - l.logged
			kept++
		}
		args = append(args, l.channel, l.payload, before)
	}
	var result []any
	err := b.redirected(ctx, func() (err error) {
		result, err = publishScript.Run(ctx, b.client, b.logKeys(), args...).Slice()
		return err
	})
	if err == nil && len(result) != 1+len(batch) {
		err = fmt.Errorf("redis: %d answers to %d messages", len(result)-1, len(batch))
	}
	why := err
	if err == nil && result[0] != "" {
		why = fmt.Errorf("redis: %v", result[0])
	}
	if why != nil && kept > 0 {
		b.opt.Log.Warn("broker: not logged", "messages", kept, "error", why.Error())
	}
	b.settle(kept, holes, why == nil)
	answers := make([]answer, len(batch))
	for i := range batch {
		answers[i].err = err
		if err == nil {
			answers[i].nodes, _ = result[1+i].(int64)
		}
	}
	return answers, err
}

// settle takes down what became of kept messages for the log, and tells who waits for it.
func (b *Broker) settle(kept int, holes uint64, logged bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case logged:
		b.filled = holes
	case kept > 0:
		b.holes++
	}
	b.written += uint64(kept)
	if b.moved != nil {
		close(b.moved)
		b.moved = nil
	}
}

// awaitOwn waits until Redis has answered about every message for the log that this node has accepted: its own clients may have it
// already.
func (b *Broker) awaitOwn(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for upTo := b.posted; b.written < upTo; {
		if b.moved == nil {
			b.moved = make(chan struct{})
		}
		moved := b.moved
		b.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
		case <-b.ctx.Done():
		}
		b.mu.Lock()
		if ctx.Err() != nil || b.ctx.Err() != nil {
			return broker.ErrUnavailable
		}
	}
	return nil
}

// logHoles returns how many holes this node has made in the log, and whether there are some that the log does not know.
func (b *Broker) logHoles() (holes uint64, holed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.holes, b.holes > b.filled
}

// History implements [broker.Broker].
func (b *Broker) History(ctx context.Context, after broker.Position) (p broker.Past, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.opt.Timeout)
	defer cancel()
	if err := b.awaitOwn(ctx); err != nil {
		return p, err
	}
	if _, holed := b.logHoles(); holed {
		return p, broker.ErrUnavailable
	}
	epoch := after.Epoch
	if epoch == "" {
		epoch = stateNone // which is none
	}
	var answer []any
	err = b.redirected(ctx, func() (err error) {
		answer, err = readScript.Run(ctx, b.client, b.logKeys(), epoch, after.Offset, newEpoch(), broker.MaxPast+1, stateTTL.Milliseconds()).Slice()
		return err
	})
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
