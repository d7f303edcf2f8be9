package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/redis"
)

// prefix is the prefix of channels in Redis and of subjects in NATS.
const prefix = "basalt."

// Redis is a bus over the publish/subscribe and the lists of Redis.
type Redis struct {
	client *redis.Client
	queues *redis.Client // for blocking commands
}

// OpenRedis returns a bus over the server of a URL such as redis://user:password@host:6379/0.
func OpenRedis(url string) (*Redis, error) {
	client, err := redis.Open(url, redis.Options{Timeout: time.Second, Again: true})
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	queues, err := redis.Open(url, redis.Options{Timeout: time.Second, Again: true, Pool: waitingCalls})
	return &Redis{client, queues}, err
}

// Publish implements [Bus].
func (r *Redis) Publish(ctx context.Context, subject string, message []byte) error {
	_, err := r.client.Do(ctx, "PUBLISH", prefix+subject, message)
	return err
}

// Subscribe implements [Bus]. The client resubscribes after a lost connection.
func (r *Redis) Subscribe(subject string, receive func([]byte), missed func()) (func(), error) {
	var running sync.WaitGroup
	stopped := make(chan struct{})
	confirmed := make(chan struct{}, 1)
	first := true
	stop := r.client.Subscribe(prefix+subject, func() {
		if first {
			confirmed <- struct{}{}
		} else {
			missed()
		}
		first = false
	}, receive)
	select {
	case <-confirmed:
	case <-time.After(time.Second): // the server is away
		running.Go(func() {
			select {
			case <-confirmed:
				missed()
			case <-stopped:
			}
		})
	}
	return func() {
		close(stopped)
		stop()
		running.Wait()
	}, nil
}

// A request in Redis is an element of the list "queue." + subject; its answers are elements of a list of its own.
// The servers of a subject announce themselves with a key that expires.
const (
	beatInterval = time.Second
	beatTime     = 4 * time.Second
	// popTime is how long to wait for a request before checking whether to stop.
	popTime = time.Second
	// answerTime is how long answers are kept for a caller that does not fetch them.
	answerTime = time.Minute
)

// asked is a request in Redis.
type asked struct {
	Reply   string    `json:"reply"`
	Until   time.Time `json:"until"`
	Message []byte    `json:"message"`
}

// Request implements [Bus].
func (r *Redis) Request(ctx context.Context, subject string, message []byte, receive func([]byte) bool) error {
	there, err := redis.Int64(r.client.Do(ctx, "EXISTS", prefix+"serving."+subject))
	if err != nil {
		return err
	}
	if there == 0 {
		return ErrNobody
	}
	until, ok := ctx.Deadline()
	if !ok {
		until = time.Now().Add(answerTime)
	}
	reply := prefix + "answers." + rand.Text()
	text, err := json.Marshal(asked{reply, until, message})
	if err != nil {
		return err
	}
	if _, err := r.client.Do(ctx, "RPUSH", prefix+"queue."+subject, text); err != nil {
		return err
	}
	for {
		answer, err := r.pop(ctx, time.Until(until), reply)
		switch {
		case ctx.Err() != nil, errors.Is(err, redis.Nil), errors.Is(err, os.ErrDeadlineExceeded): // the last a moment before ctx
			r.withdraw(ctx, subject, text)
			return errors.Join(context.DeadlineExceeded, ctx.Err())
		case err != nil:
			return err
		case !receive(answer):
			return nil
		}
	}
}

// pop takes the first element of a list, and waits for one. A wait of 0 would be forever.
func (r *Redis) pop(ctx context.Context, wait time.Duration, list string) ([]byte, error) {
	seconds := math.Ceil(max(wait, time.Millisecond).Seconds())
	answer, err := redis.List(r.queues.Block(ctx, wait, "BLPOP", list, int(seconds)))
	if err != nil {
		return nil, err
	}
	return redis.Bytes(answer[1], nil)
}

// withdraw removes a request that no server has taken in time.
func (r *Redis) withdraw(ctx context.Context, subject string, text []byte) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, _ = r.client.Do(ctx, "LREM", prefix+"queue."+subject, 1, text) // a server that takes it sees that it has expired
}

// Serve implements [Bus].
func (r *Redis) Serve(subject string, most int, handle func([]byte, func([]byte) error)) (func(), error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	beat := func() { _, _ = r.client.Do(ctx, "SET", prefix+"serving."+subject, "1", "PX", beatTime.Milliseconds()) } // a failure is harmless: the next call may succeed
	beat()
	running.Go(func() { clock.Every(ctx, beatInterval, beat) })
	slots := make(chan struct{}, most)
	running.Go(func() {
		for ctx.Err() == nil {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			popped, err := r.pop(context.Background(), popTime, prefix+"queue."+subject) // not ctx: a popped request would be lost
			var a asked
			if err != nil || json.Unmarshal(popped, &a) != nil || time.Now().After(a.Until) {
				<-slots
				if err != nil && !errors.Is(err, redis.Nil) {
					select {
					case <-time.After(100 * time.Millisecond): // the server is away
					case <-ctx.Done():
					}
				}
				continue
			}
			running.Go(func() {
				defer func() { <-slots }()
				handle(a.Message, func(b []byte) error { return r.answer(a.Reply, b) })
			})
		}
	})
	return func() {
		cancel()
		running.Wait()
	}, nil
}

func (r *Redis) answer(reply string, b []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return r.client.Both(ctx, []any{"RPUSH", reply, b}, []any{"PEXPIRE", reply, answerTime.Milliseconds()})
}

// Local implements [Bus].
func (r *Redis) Local() bool { return false }

// Close implements [Bus].
func (r *Redis) Close() error { return errors.Join(r.client.Close(), r.queues.Close()) }

// waitingCalls limits the requests of a node that wait for an answer.
const waitingCalls = 500
