package bus

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// prefix is what the channels in Redis, and the subjects in NATS, start with.
const prefix = "basalt."

// Redis is a bus over the publish and subscribe of Redis.
type Redis struct{ client *redis.Client }

// OpenRedis returns a bus over the server of a URL such as redis://user:password@host:6379/0.
func OpenRedis(url string) (*Redis, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New(`bus: the url has the form "redis://user:password@host:6379/0"`) // the library's error repeats it
	}
	options.DialTimeout, options.WriteTimeout = time.Second, time.Second
	options.ContextTimeoutEnabled = true
	options.MaxRetries = 1
	return &Redis{redis.NewClient(options)}, nil
}

// Publish implements [Bus].
func (r *Redis) Publish(ctx context.Context, subject string, message []byte) error {
	return r.client.Publish(ctx, prefix+subject, message).Err()
}

// Subscribe implements [Bus]. The library subscribes again after it has lost its connection.
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
		_ = pubsub.Close() // nothing is heard any more either way
		running.Wait()
	}, nil
}

// Close implements [Bus].
func (r *Redis) Close() error { return r.client.Close() }
