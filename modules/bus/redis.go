package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/basalt-dev/basalt/modules/clock"
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
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New(`bus: the url has the form "redis://user:password@host:6379/0"`) // the library's error would repeat the password
	}
	options.DialTimeout, options.WriteTimeout = time.Second, time.Second
	options.ContextTimeoutEnabled = true
	options.MaxRetries = 1
	waiting := *options
	waiting.PoolSize = waitingCalls
	return &Redis{redis.NewClient(options), redis.NewClient(&waiting)}, nil
}

// Publish implements [Bus].
func (r *Redis) Publish(ctx context.Context, subject string, message []byte) error {
	return r.client.Publish(ctx, prefix+subject, message).Err()
}

// Subscribe implements [Bus]. The library resubscribes after a lost connection.
func (r *Redis) Subscribe(subject string, receive func([]byte), missed func()) (func(), error) {
	pubsub := r.client.Subscribe(context.Background(), prefix+subject)
	messages := pubsub.ChannelWithSubscriptions(redis.WithChannelHealthCheckInterval(time.Second), redis.WithChannelSize(1000), redis.WithChannelSendTimeout(time.Minute))
	var running sync.WaitGroup
	stopped := make(chan struct{})
	confirmed := make(chan struct{}, 1)
	running.Go(func() {
		first := true
		for m := range messages {
			switch m := m.(type) {
			case *redis.Subscription:
				if first {
					confirmed <- struct{}{}
				} else {
					missed()
				}
				first = false
			case *redis.Message:
				receive([]byte(m.Payload))
			}
		}
	})
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
		_ = pubsub.Close() // nothing more is received even if it fails
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
	there, err := r.client.Exists(ctx, prefix+"serving."+subject).Result()
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
	if err := r.client.RPush(ctx, prefix+"queue."+subject, text).Err(); err != nil {
		return err
	}
	for {
		answer, err := r.queues.BLPop(ctx, time.Until(until), reply).Result()
		switch {
		case ctx.Err() != nil, errors.Is(err, redis.Nil), errors.Is(err, os.ErrDeadlineExceeded): // the last a moment before ctx
			r.withdraw(ctx, subject, text)
			return errors.Join(context.DeadlineExceeded, ctx.Err())
		case err != nil:
			return err
		case !receive([]byte(answer[1])):
			return nil
		}
	}
}

// withdraw removes a request that no server has taken in time.
func (r *Redis) withdraw(ctx context.Context, subject string, text []byte) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = r.client.LRem(ctx, prefix+"queue."+subject, 1, text).Err() // a server that takes it sees that it has expired
}

// Serve implements [Bus].
func (r *Redis) Serve(subject string, most int, handle func([]byte, func([]byte) error)) (func(), error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	beat := func() { _ = r.client.Set(ctx, prefix+"serving."+subject, "1", beatTime).Err() } // a failure is harmless: the next call may succeed
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
			popped, err := r.queues.BLPop(context.Background(), popTime, prefix+"queue."+subject).Result() // not ctx: a popped request would be lost
			var a asked
			if err != nil || json.Unmarshal([]byte(popped[1]), &a) != nil || time.Now().After(a.Until) {
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
	pipe := r.client.Pipeline()
	pipe.RPush(ctx, reply, b)
	pipe.PExpire(ctx, reply, answerTime)
	_, err := pipe.Exec(ctx)
	return err
}

// Local implements [Bus].
func (r *Redis) Local() bool { return false }

// Close implements [Bus].
func (r *Redis) Close() error { return errors.Join(r.client.Close(), r.queues.Close()) }

// waitingCalls limits the requests of a node that wait for an answer.
const waitingCalls = 500
