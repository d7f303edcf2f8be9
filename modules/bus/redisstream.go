package bus

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/redis"
)

// The braces keep all keys of a stream on one node of a Redis cluster.
func streamKey(stream string) string { return prefix + "stream.{" + stream + "}" }

// appendEntry adds an entry with a new id, and removes entries older than the retention.
var appendEntry = redis.NewScript(`
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3]) then
	local now = redis.call('TIME')
	redis.call('XADD', KEYS[1], 'MINID', '~', now[1] * 1000 - ARGV[4], '*', 'id', ARGV[1], 'message', ARGV[2])
end
return 1`)

// Append implements [Streams].
func (r *Redis) Append(ctx context.Context, stream, id string, message []byte, keep time.Duration) error {
	key := streamKey(stream)
	_, err := appendEntry.Run(ctx, r.client, []string{key, key + ".id." + id}, id, message, sameTime.Milliseconds(), keep.Milliseconds())
	return err
}

// redisMember is a member of a group.
type redisMember struct {
	*member
	client, queues   *redis.Client
	key, group, name string
	looked           time.Time // when it last looked for abandoned entries
	handle           func(context.Context, Entry) error
	known            bool // whether the group exists
}

// Consume implements [Streams]. A group is a consumer group.
func (r *Redis) Consume(stream, group string, most int, handle func(context.Context, Entry) error) (func(), error) {
	m := &redisMember{member: newMember(most), client: r.client, queues: r.queues, key: streamKey(stream), group: group, name: rand.Text(), handle: handle}
	m.run(m.fetch)
	return func() {
		m.end()
		m.leave()
	}, nil
}

// fetch reads new entries. From time to time it also takes over entries whose member has died or failed.
func (m *redisMember) fetch(free int) error {
	if !m.known {
		if _, err := m.client.Do(m.ctx, "XGROUP", "CREATE", m.key, m.group, "0", "MKSTREAM"); err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
			return err
		}
		m.known = true
	}
	err := m.fetchSome(free)
	if err != nil && strings.HasPrefix(err.Error(), "NOGROUP") { // Redis has lost the group
		m.known = false
	}
	return err
}

func (m *redisMember) fetchSome(free int) error {
	if time.Since(m.looked) >= retryTime {
		claimed, err := redis.List(m.client.Do(m.ctx, "XAUTOCLAIM", m.key, m.group, m.name, handleTime.Milliseconds(), "0", "COUNT", free))
		if err != nil {
			return err
		}
		left, err := redis.Entries(claimed[1])
		if err != nil {
			return err
		}
		m.looked = time.Now()
		for _, x := range left {
			m.take(x, m.attempts(x.ID))
		}
		if len(left) > 0 {
			return nil
		}
	}
	// Not m.ctx: entries already read would be blocked for handleTime.
	streams, err := redis.List(m.queues.Block(context.Background(), fetchTime, "XREADGROUP", "GROUP", m.group, m.name, "COUNT", free, "BLOCK", fetchTime.Milliseconds(), "STREAMS", m.key, ">"))
	if errors.Is(err, redis.Nil) {
		return nil
	}
	for _, s := range streams { // it is one
		var stream []any
		if stream, err = redis.List(s, err); err == nil {
			var read []redis.Entry
			read, err = redis.Entries(stream[1])
			for _, x := range read {
				m.take(x, 1)
			}
		}
	}
	return err
}

// attempts returns how often an entry was delivered to the group.
func (m *redisMember) attempts(id string) int {
	pending, err := redis.List(m.client.Do(m.ctx, "XPENDING", m.key, m.group, id, id, 1))
	if err != nil || len(pending) == 0 {
		return 2
	}
	one, err := redis.List(pending[0], nil) // id, member, idle time, deliveries
	if err != nil || len(one) != 4 {
		return 2
	}
	times, _ := one[3].(int64)
	return int(times)
}

// take handles an entry. If the handler fails, the entry stays pending for a later attempt.
func (m *redisMember) take(x redis.Entry, attempt int) {
	id, message := x.Values["id"], x.Values["message"]
	m.begin(func(ctx context.Context) {
		var err error
		whileHandled(func() { err = m.handle(ctx, Entry{id, []byte(message), attempt}) }, func() {
			_, _ = m.client.Do(ctx, "XCLAIM", m.key, m.group, m.name, 0, x.ID, "JUSTID") // a failure is harmless: the next call may succeed
		})
		// A lost acknowledgement only causes a redelivery, or a delay.
		if err != nil {
			_, _ = m.client.Do(ctx, "XCLAIM", m.key, m.group, m.name, 0, x.ID, "IDLE", (handleTime - backoff(attempt)).Milliseconds(), "JUSTID")
			return
		}
		_, _ = m.client.Do(ctx, "XACK", m.key, m.group, x.ID)
	})
}

// leave removes the member from its group, unless it has pending entries that another member must take over.
func (m *redisMember) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	pending, err := redis.List(m.client.Do(ctx, "XPENDING", m.key, m.group, "-", "+", 1, m.name))
	if err == nil && len(pending) == 0 {
		_, _ = m.client.Do(ctx, "XGROUP", "DELCONSUMER", m.key, m.group, m.name) // a failure only leaves a name in a list
	}
}
