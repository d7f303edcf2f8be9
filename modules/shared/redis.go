package shared

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/basalt-dev/basalt/modules/fault"
)

// prefix is the prefix of all keys in Redis.
const prefix = "basalt:"

// commands are those that are used of the library's client. Its type stays out of fields: the generic types in it would be
// compiled again in each package that reaches them.
type commands interface {
	redis.Scripter
	Set(ctx context.Context, key string, value any, lifetime time.Duration) *redis.StatusCmd
	Get(ctx context.Context, key string) *redis.StringCmd
	Del(ctx context.Context, keys ...string) *redis.IntCmd
	Close() error
}

// Redis stores everything in Redis. While Redis is unreachable, limits are counted in this process, and values are
// Unavailable.
type Redis struct {
	client commands
	alone  *Memory
}

// OpenRedis connects to the server of a URL such as redis://user:password@host:6379/0. The server need not be
// reachable yet.
func OpenRedis(url string, now func() time.Time) (*Redis, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New(`redis: the url has the form "redis://user:password@host:6379/0"`) // the library's error would repeat the password
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = time.Second, time.Second, time.Second
	options.ContextTimeoutEnabled = true
	options.MaxRetries = 1
	return &Redis{client: redis.NewClient(options), alone: NewMemory(now)}, nil
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
	wait, err := take.Run(ctx, r.client, []string{prefix + "limit:" + key}, l.Every.Microseconds(), l.Burst).Int64()
	if err != nil {
		return r.alone.Take(ctx, key, l)
	}
	return time.Duration(wait) * time.Microsecond, nil
}

// GiveBack implements [Store].
func (r *Redis) GiveBack(ctx context.Context, key string, l Limit) error {
	err := giveBack.Run(ctx, r.client, []string{prefix + "limit:" + key}, l.Every.Microseconds()).Err()
	if err != nil && !errors.Is(err, redis.Nil) {
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
	out, err := count.Run(ctx, r.client, []string{prefix + "count:" + key}, window.Microseconds(), n, some).Int64Slice()
	if err != nil || len(out) != 3 {
		return r.alone.Count(ctx, key, some, n, window)
	}
	return slide(n-some+1, window, time.Duration(out[2])*time.Microsecond, int(out[0]), int(out[1])), nil
}

// Set implements [Store].
func (r *Redis) Set(ctx context.Context, key string, v []byte, lifetime time.Duration) error {
	return away(r.client.Set(ctx, prefix+key, v, lifetime).Err())
}

// Get implements [Store].
func (r *Redis) Get(ctx context.Context, key string) ([]byte, bool, error) {
	v, err := r.client.Get(ctx, prefix+key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	return v, err == nil, away(err)
}

// Delete implements [Store].
func (r *Redis) Delete(ctx context.Context, key string) (bool, error) {
	n, err := r.client.Del(ctx, prefix+key).Result()
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
