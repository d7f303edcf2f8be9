package cache

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// prefix is the prefix of all keys in Redis. After it come: "e" and the hash of a question's key for an entry; "l"
// and the hash for the lease of the node that fetches it; "v" and a tag for the version of the tag; "p" and a
// collection for the position in the change stream of its database up to which versions are updated.
const prefix = "basalt:cache:"

// commands are those that are used of Redis. The library's client stays out of the fields and methods that [Cache] reaches: it
// has generic types in it, which are compiled again in each package that uses the cache. That was half of the compiler's work.
type commands interface {
	redis.Scripter
	Exists(ctx context.Context, keys ...string) *redis.IntCmd
	MGet(ctx context.Context, keys ...string) *redis.SliceCmd
	Close() error
}

// remote stores entries in Redis. After a failure Redis is not used for a while. Before it is used again all its
// entries are invalidated, because it has missed changes in the meantime.
type remote struct {
	client commands
	cache  *Cache

	mu        sync.Mutex // guards the fields below
	suspended bool
	failures  int       // invalidations that may not have reached Redis
	retry     time.Time // when Redis may be tried again
	run       string    // run id of the server at the last connection
}

// openRemote connects to the server of a URL such as redis://user:password@host:6379/0. The server need not be
// reachable yet.
func openRemote(url string, c *Cache) (*remote, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New(`redis: the url has the form "redis://user:password@host:6379/0"`) // the library's error would repeat the password
	}
	r := &remote{cache: c}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = time.Second, time.Second, time.Second
	options.ContextTimeoutEnabled = true
	options.MaxRetries, options.DialerRetries = -1, 1
	options.OnConnect = func(ctx context.Context, conn *redis.Conn) error {
		info, err := conn.Info(ctx, "server").Result()
		if err == nil { // a server that does not report it is accepted
			r.connected(info)
		}
		return nil
	}
	r.client = redis.NewClient(options)
	return r, nil
}

func (r *remote) close() error { return r.client.Close() }

// connected detects a restarted server, which may have restored old data.
func (r *remote) connected(info string) {
	_, run, _ := strings.Cut(info, "run_id:")
	run, _, _ = strings.Cut(run, "\r")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run != "" && r.run != run {
		r.suspended = true
	}
	r.run = run
}

// pauseTime is how long Redis is not used after a failure.
const pauseTime = 250 * time.Millisecond

// failed records that an invalidation may not have reached Redis.
func (r *remote) failed() {
	r.mu.Lock()
	r.suspended, r.retry = true, time.Now().Add(pauseTime)
	r.failures++
	r.mu.Unlock()
	if o := r.cache.Observe; o != nil {
		o.Away(true)
	}
}

// suspend invalidates every entry before the next lookup.
func (r *remote) suspend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suspended = true
}

// ready reports whether Redis can be used.
func (r *remote) ready(ctx context.Context) bool {
	r.mu.Lock()
	suspended, early, failures := r.suspended, time.Now().Before(r.retry), r.failures
	if suspended && !early {
		r.retry = time.Now().Add(pauseTime) // one caller retries
	}
	r.mu.Unlock()
	if !suspended || early {
		return !suspended
	}
	if _, err := bump.Run(ctx, r.client, []string{prefix + "p", prefix + "v" + everything}, "").Result(); err != nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures != failures {
		return false
	}
	r.suspended, r.retry = false, time.Time{}
	if o := r.cache.Observe; o != nil {
		o.Away(false)
	}
	return true
}

// source is a position in the change stream of a database. One of the database's collections identifies the
// database.
type source struct {
	collection string
	position   uint64 // 0 if unknown
}

// bump changes the versions of those tags that have one. Tags without a version have no entries. A position that
// is already covered changes nothing: every node receives every commit.
var bump = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if ARGV[1] ~= '' then
	if tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[1]) then return string.format('%.0f', now) end
	redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
end
for i = 2, #KEYS do
	local version = redis.call('GET', KEYS[i])
	if version then
		now = math.max(now, tonumber(version) + 1)
		redis.call('SET', KEYS[i], string.format('%.0f', now), 'KEEPTTL')
	end
end
return string.format('%.0f', now)`)

func (r *remote) bump(ctx context.Context, tags []string, from source) (Version, error) {
	keys := make([]string, 1, len(tags)+1)
	keys[0] = prefix + "p" + from.collection
	for _, t := range tags {
		keys = append(keys, prefix+"v"+t)
	}
	position := ""
	if from.position > 0 {
		position = strconv.FormatUint(from.position, 10)
	}
	r.mu.Lock()
	away := time.Now().Before(r.retry)
	if away {
		r.failures++
	}
	r.mu.Unlock()
	if away {
		return 0, errAway
	}
	v, err := bump.Run(ctx, r.client, keys, position).Int64()
	if err != nil {
		r.failed()
	}
	return Version(v), err
}

var errAway = errors.New("redis does not answer")

// begin takes the lease of an entry, unless another node holds it. It returns the versions of the entry's tags,
// and creates those that are missing.
var begin = redis.NewScript(`
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000000 + time[2])
local out = {now, redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and '1' or '0'}
for i = 2, #KEYS do
	local version = redis.call('GET', KEYS[i])
	if version then
		redis.call('PEXPIRE', KEYS[i], ARGV[3], 'GT')
	else
		version = now
		redis.call('SET', KEYS[i], version, 'PX', ARGV[3])
	end
	out[#out + 1] = version
end
return out`)

// place is where an answer will be stored.
type place struct {
	remote   *remote
	hash     string
	lease    string
	leased   bool
	at       Version
	versions []string
}

func hashOf(q *Query) string {
	sum := sha256.Sum256([]byte(q.Key))
	return hex.EncodeToString(sum[:])
}

func versionKeys(q *Query) []string {
	tags := q.tags()
	for i, t := range tags {
		tags[i] = prefix + "v" + t
	}
	return tags
}

func (r *remote) begin(ctx context.Context, q *Query) (*place, error) {
	p := &place{remote: r, hash: hashOf(q), lease: rand.Text()}
	keys := append([]string{prefix + "l" + p.hash}, versionKeys(q)...)
	before := r.cache.Now()
	out, err := begin.Run(ctx, r.client, keys, p.lease, leaseTime.Milliseconds(), (2*(q.TTL+q.Stale) + time.Minute).Milliseconds()).StringSlice()
	if err != nil || len(out) != len(keys)+1 {
		r.failed()
		return nil, errors.Join(errAway, err)
	}
	at, err := strconv.ParseInt(out[0], 10, 64)
	if err != nil {
		return nil, errors.Join(errAway, err)
	}
	r.cache.shared.observe(at, before, r.cache.Now())
	p.at, p.leased, p.versions = Version(at), out[1] == "1", out[2:]
	return p, nil
}

func (r *remote) leased(ctx context.Context, q *Query) (bool, error) {
	n, err := r.client.Exists(ctx, prefix+"l"+hashOf(q)).Result()
	if err != nil {
		r.failed()
	}
	return n > 0, err
}

// store stores an entry and releases the lease.
var store = redis.NewScript(`
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`)

func (p *place) put(ctx context.Context, q *Query, e *entry) {
	p.end(ctx, encode(e, p.versions), q.TTL+q.Stale)
}

func (p *place) giveUp(ctx context.Context) { p.end(ctx, nil, time.Second) }

func (p *place) end(ctx context.Context, text []byte, lifetime time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := store.Run(ctx, p.remote.client, []string{prefix + "l" + p.hash, prefix + "e" + p.hash}, p.lease, text, lifetime.Milliseconds()).Err()
	if err != nil && !errors.Is(err, redis.Nil) {
		p.remote.failed()
	}
}

// get returns an entry whose versions are current, or nil.
func (r *remote) get(ctx context.Context, q *Query) (*entry, error) {
	values, err := r.client.MGet(ctx, append([]string{prefix + "e" + hashOf(q)}, versionKeys(q)...)...).Result()
	if err != nil {
		r.failed()
		return nil, err
	}
	text, ok := values[0].(string)
	if !ok {
		return nil, nil
	}
	versions := make([]string, len(values)-1)
	for i, v := range values[1:] {
		if versions[i], ok = v.(string); !ok {
			return nil, nil // it was evicted, and with it the versions it depends on
		}
	}
	e := decode(text, versions)
	if e != nil {
		e.tags = q.tags()
	}
	return e, nil
}

// Format of an entry in Redis: time of the read (8 bytes), whether the document is missing (1), length of the
// versions (2), the versions separated by spaces, length of the entity tag (1), the entity tag, the body.

func encode(e *entry, versions []string) []byte {
	joined := strings.Join(versions, " ")
	out := make([]byte, 0, 12+len(joined)+len(e.answer.Tag)+len(e.answer.Body))
	out = binary.BigEndian.AppendUint64(out, uint64(e.at))
	missing := byte(0)
	if e.answer.Missing {
		missing = 1
	}
	out = append(out, missing)
	out = binary.BigEndian.AppendUint16(out, uint16(len(joined)))
	out = append(out, joined...)
	out = append(out, byte(len(e.answer.Tag)))
	out = append(out, e.answer.Tag...)
	return append(out, e.answer.Body...)
}

// decode returns nil if the data is not an entry, or has other versions.
func decode(text string, versions []string) *entry {
	if len(text) < 12 {
		return nil
	}
	head := []byte(text[:11])
	e := &entry{at: Version(binary.BigEndian.Uint64(head))}
	e.answer.Missing = head[8] == 1
	n := int(binary.BigEndian.Uint16(head[9:]))
	rest := text[11:]
	joined := strings.Join(versions, " ")
	if len(rest) < n+1 || rest[:n] != joined {
		return nil
	}
	rest = rest[n:]
	tag := int(rest[0])
	if len(rest) < 1+tag {
		return nil
	}
	e.answer.Tag, e.answer.Body = rest[1:1+tag], []byte(rest[1+tag:])
	return e
}
