//go:build !js

package redisstore

import "github.com/redis/go-redis/v9"

// Tokens are strings here: two numbers of ten digits, the count of takes and the random half, so that they can be compared and
// found in the chain, which is such strings one after another. Lua's numbers are too small for them.

// The hash of a session has the run_id of the Redis process that was given the session as a whole. Any other process has what that one
// wrote by replication, from a file, or by a move of its slot, and may lack the last steps: it does not know the session, until its owner
// saves it there as a whole. takeScript asks for the run_id of its own process; saveScript is given it, because to ask costs
// as much as a step, and the caller makes sure of it once for many steps.

// takeScript gives the session the next token, whose random half is ARGV[3], if it belongs to the user ARGV[1] and its client can
// have the token ARGV[2]. It returns {"unknown"} or {"ok", chain, token before, subprotocol, taken, acked, messages}. ARGV[4] is
// how many tokens the chain has at most.
var takeScript = redis.NewScript(`
local s = redis.call('HMGET', KEYS[1], 'token', 'user', 'chain', 'subprotocol', 'taken', 'acked', 'run')
if not s[1] or s[2] ~= ARGV[1] then return {'unknown'} end
if s[7] ~= string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') then return {'unknown'} end
local chain, known = s[3], false
for i = 1, #chain, 20 do known = known or string.sub(chain, i, i + 19) == ARGV[2] end
if not known then return {'unknown'} end
local token = string.format('%010d', tonumber(string.sub(s[1], 1, 10)) + 1) .. ARGV[3]
if #chain >= 20 * tonumber(ARGV[4]) then chain = string.sub(chain, 1, 20) .. string.sub(chain, 41) end
chain = chain .. token
redis.call('HSET', KEYS[1], 'token', token, 'chain', chain, 'number', 0)
return {'ok', chain, s[1], s[4], s[5], s[6], redis.call('XRANGE', KEYS[2], '-', '+')}
`)

// saveScript performs one step; see save for its arguments. It returns "ok", "moved" or "unknown". A step that comes after one
// with a larger number changes nothing.
var saveScript = redis.NewScript(`
local token, number, kind, run = ARGV[1], tonumber(ARGV[3]), ARGV[5], ARGV[11]
local s = redis.call('HMGET', KEYS[1], 'token', 'chain', 'number', 'taken', 'acked', 'last', 'run')
local held = s[1]
if held and held > token then return 'moved' end
if held == token and s[7] == run and tonumber(s[3]) >= number then return 'ok' end
if kind == 'end' then
  redis.call('DEL', KEYS[1], KEYS[2])
  return 'ok'
end
local first, count = tonumber(ARGV[10]), #ARGV - 11
local chain, taken, acked, last
if kind == 'whole' then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'token', token, 'user', ARGV[6], 'subprotocol', ARGV[7], 'run', run)
  chain, taken, acked, last = token, 0, first - 1, first - 1
elseif held ~= token or s[7] ~= run then
  return 'unknown'
else
  chain, taken, acked, last = s[2], tonumber(s[4]), tonumber(s[5]), tonumber(s[6])
end
if count > 0 and first > last + 1 then return 'unknown' end
for i = 1, #chain, 20 do
  if string.sub(chain, i, i + 19) == ARGV[2] then
    chain = string.sub(chain, i)
    break
  end
end
for i = 1, count do
  local n = first + i - 1
  if n > last then
    local m = ARGV[11 + i]
    redis.call('XADD', KEYS[2], string.format('%d-0', n), string.sub(m, 1, 1), string.sub(m, 2))
    last = n
  end
end
if tonumber(ARGV[9]) > acked then
  acked = tonumber(ARGV[9])
  redis.call('XTRIM', KEYS[2], 'MINID', string.format('%d-0', acked + 1))
end
redis.call('HSET', KEYS[1], 'number', number, 'chain', chain, 'taken', math.max(taken, tonumber(ARGV[8])), 'acked', acked, 'last', last)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 'ok'
`)
