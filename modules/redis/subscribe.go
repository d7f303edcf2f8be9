package redis

import (
	"context"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	// pingTime is between signs of life on a subscription; deadTime without one ends its connection.
	pingTime = time.Second
	deadTime = 3 * time.Second
	// returnTime is before a lost subscription is tried again.
	returnTime = 100 * time.Millisecond
)

// Subscribe receives the messages of a channel until stop is called. When its connection is lost there is another; ready is called
// each time that the server has taken the subscription. Both are called one at a time.
func (c *Client) Subscribe(channel string, ready func(), receive func([]byte)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			c.listen(ctx, channel, ready, receive)
			select {
			case <-ctx.Done():
			case <-time.After(returnTime):
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// listen is one connection of a subscription, until it is lost or ctx ends.
func (c *Client) listen(ctx context.Context, channel string, ready func(), receive func([]byte)) {
	conn, err := c.dial(ctx)
	if err != nil {
		return
	}
	var running sync.WaitGroup
	over := make(chan struct{})
	defer running.Wait()
	defer close(over)
	defer func() { _ = conn.Close() }()
	messages := redis.PubSubConn{Conn: conn}
	if messages.Subscribe(channel) != nil {
		return
	}
	running.Go(func() {
		ticker := time.NewTicker(pingTime)
		defer ticker.Stop()
		for {
			select {
			case <-over:
				return
			case <-ctx.Done():
				_ = conn.Close() // that ends what is received
				return
			case <-ticker.C:
				_ = messages.Ping("") // the connection is closed when no answer comes
			}
		}
	})
	for {
		switch m := messages.ReceiveWithTimeout(deadTime).(type) {
		case error:
			return
		case redis.Subscription:
			ready()
		case redis.Message:
			receive(m.Data)
		}
	}
}
