package shared

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/redis"
)

// prefix is the prefix of all keys in Redis.
const prefix = "basalt:"

// Redis stores everything in Redis. While Redis is unreachable, limits are counted in this process, and values are
// Unavailable.
type Redis struct {
	client *redis.Client
	alone  *Memory
}

// OpenRedis connects to the server of a URL such as redis://user:password@host:6379/0. The server need not be
// reachable yet.
func OpenRedis(url string, now func() time.Time) (*Redis, error) {
	client, err := redis.Open(url, redis.Options{Timeout: time.Second, Answer: time.Second, Again: true})
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return &Redis{client: client, alone: NewMemory(now)}, nil
}

// take is [Memory.Take] on the clock of the server, in microseconds.
var take = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + tonumber(ARGV[1])
local wait = full - now - ARGV[2] * ARGV[1]
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
return 0`)

var giveBack = redis.NewScript(`
local full = redis.call('GET', KEYS[1])
if full then redis.call('SET', KEYS[1], string.format('%.0f', full - ARGV[1]), 'KEEPTTL') end`)

// Take implements [Store].
func (r *Redis) Take(ctx context.Context, key string, l Limit) (time.Duration, error) {
	wait, err := redis.Int64(take.Run(ctx, r.client, []string{prefix + "limit:" + key}, l.Every.Microseconds(), l.Burst))
	if err != nil {
		return r.alone.Take(ctx, key, l)
	}
	return time.Duration(wait) * time.Microsecond, nil
}

// GiveBack implements [Store].
func (r *Redis) GiveBack(ctx context.Context, key string, l Limit) error {
	if _, err := giveBack.Run(ctx, r.client, []string{prefix + "limit:" + key}, l.Every.Microseconds()); err != nil {
		return r.alone.GiveBack(ctx, key, l)
	}
	return nil
}

// count counts in the current fixed window. It returns the counts of this window and the previous one, and the
// time since the window began, in microseconds.
var count = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[1])
local number = math.floor(now / window)
local at, before, this = unpack(redis.call('HMGET', KEYS[1], 'at', 'before', 'now'))
at, before, this = tonumber(at or -1), tonumber(before or 0), tonumber(this or 0)
if at == number - 1 then before, this = this, 0 elseif at ~= number then before, this = 0, 0 end
local since = now - number * window
if before * (1 - since / window) + this + tonumber(ARGV[3]) <= tonumber(ARGV[2]) then
	redis.call('HSET', KEYS[1], 'at', string.format('%.0f', number), 'before', before, 'now', this + tonumber(ARGV[3]))
	redis.call('PEXPIRE', KEYS[1], math.ceil(2 * window / 1000))
end
return {before, this, since}`)

// Count implements [Store].
func (r *Redis) Count(ctx context.Context, key string, some, n int, window time.Duration) (Usage, error) {
	if some > n {
		return Usage{Wait: window}, nil
	}
	out, err := redis.Int64s(count.Run(ctx, r.client, []string{prefix + "count:" + key}, window.Microseconds(), n, some))
	if err != nil || len(out) != 3 {
		return r.alone.Count(ctx, key, some, n, window)
	}
	return slide(n-some+1, window, time.Duration(out[2])*time.Microsecond, int(out[0]), int(out[1])), nil
}

// Set implements [Store].
func (r *Redis) Set(ctx context.Context, key string, v []byte, lifetime time.Duration) error {
	args := []any{prefix + key, v}
	if lifetime > 0 {
		args = append(args, "PX", max(1, lifetime.Milliseconds()))
	}
	_, err := r.client.Do(ctx, "SET", args...)
	return away(err)
}

// Get implements [Store].
func (r *Redis) Get(ctx context.Context, key string) ([]byte, bool, error) {
	v, err := redis.Bytes(r.client.Do(ctx, "GET", prefix+key))
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	return v, err == nil, away(err)
}

// Delete implements [Store].
func (r *Redis) Delete(ctx context.Context, key string) (bool, error) {
	n, err := redis.Int64(r.client.Do(ctx, "DEL", prefix+key))
	return n > 0, away(err)
}

// Lasting implements [Store].
func (r *Redis) Lasting() bool { return true }

// Close implements [Store].
func (r *Redis) Close() error { return r.client.Close() }

func away(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(fault.Retry(fault.Unavailable, time.Second, "Redis does not answer; try again"), err)
}
