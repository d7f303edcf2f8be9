package bus

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
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
	return appendEntry.Run(ctx, r.client, []string{key, key + ".id." + id}, id, message, sameTime.Milliseconds(), keep.Milliseconds()).Err()
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
		if err := m.client.XGroupCreateMkStream(m.ctx, m.key, m.group, "0").Err(); err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
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
		left, _, err := m.client.XAutoClaim(m.ctx, &redis.XAutoClaimArgs{Stream: m.key, Group: m.group, Consumer: m.name, MinIdle: handleTime, Start: "0", Count: int64(free)}).Result()
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
	streams, err := m.queues.XReadGroup(context.Background(), &redis.XReadGroupArgs{Group: m.group, Consumer: m.name, Streams: []string{m.key, ">"}, Count: int64(free), Block: fetchTime}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	for _, s := range streams {
		for _, x := range s.Messages {
			m.take(x, 1)
		}
	}
	return nil
}

// attempts returns how often an entry was delivered to the group.
func (m *redisMember) attempts(id string) int {
	pending, err := m.client.XPendingExt(m.ctx, &redis.XPendingExtArgs{Stream: m.key, Group: m.group, Start: id, End: id, Count: 1}).Result()
	if err != nil || len(pending) == 0 {
		return 2
	}
	return int(pending[0].RetryCount)
}

// take handles an entry. If the handler fails, the entry stays pending for a later attempt.
func (m *redisMember) take(x redis.XMessage, attempt int) {
	id, _ := x.Values["id"].(string)
	message, _ := x.Values["message"].(string)
	m.begin(func(ctx context.Context) {
		var err error
		whileHandled(func() { err = m.handle(ctx, Entry{id, []byte(message), attempt}) }, func() {
			_ = m.client.XClaimJustID(ctx, &redis.XClaimArgs{Stream: m.key, Group: m.group, Consumer: m.name, Messages: []string{x.ID}}).Err() // a failure is harmless: the next call may succeed
		})
		// A lost acknowledgement only causes a redelivery, or a delay.
		if err != nil {
			_ = m.client.Do(ctx, "XCLAIM", m.key, m.group, m.name, 0, x.ID, "IDLE", (handleTime - backoff(attempt)).Milliseconds(), "JUSTID").Err()
			return
		}
		_ = m.client.XAck(ctx, m.key, m.group, x.ID).Err()
	})
}

// leave removes the member from its group, unless it has pending entries that another member must take over.
func (m *redisMember) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	pending, err := m.client.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: m.key, Group: m.group, Start: "-", End: "+", Count: 1, Consumer: m.name}).Result()
	if err == nil && len(pending) == 0 {
		_ = m.client.XGroupDelConsumer(ctx, m.key, m.group, m.name).Err() // a failure only leaves a name in a list
	}
}
