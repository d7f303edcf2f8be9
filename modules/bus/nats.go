package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATS is a bus over one or more NATS servers.
type NATS struct {
	conn    *nats.Conn
	streams jetstream.JetStream

	mu     sync.Mutex // guards missed
	missed map[int]func()
	next   int
}

// OpenNATS returns a bus over the servers of a URL such as nats://user:password@host:4222. Several URLs are
// separated by commas.
func OpenNATS(url string) (*NATS, error) {
	n := &NATS{missed: map[int]func(){}}
	var err error
	n.conn, err = nats.Connect(url,
		nats.Name("basalt"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(250*time.Millisecond), nats.Timeout(time.Second),
		nats.PingInterval(5*time.Second), nats.ReconnectBufSize(-1), // fail instead of buffering while disconnected
		nats.ConnectHandler(func(*nats.Conn) { n.tellMissed() }),
		nats.ReconnectHandler(func(*nats.Conn) { n.tellMissed() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) {
				n.tellMissed()
			}
		}))
	if err != nil {
		return nil, errors.New(`bus: the url has the form "nats://user:password@host:4222"`) // the library's error may repeat the password
	}
	if n.streams, err = jetstream.New(n.conn); err != nil {
		n.conn.Close()
		return nil, fmt.Errorf("bus: %w", err)
	}
	return n, nil
}

func (n *NATS) tellMissed() {
	n.mu.Lock()
	var all []func()
	for _, f := range n.missed {
		all = append(all, f)
	}
	n.mu.Unlock()
	for _, f := range all {
		f()
	}
}

// flushTime limits how long a server may take to accept a message.
const flushTime = time.Second

// Publish implements [Bus]. It returns when the server has received the message.
func (n *NATS) Publish(ctx context.Context, subject string, message []byte) error {
	if err := n.conn.Publish(prefix+subject, message); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	return n.conn.FlushWithContext(ctx)
}

// Subscribe implements [Bus].
func (n *NATS) Subscribe(subject string, receive func([]byte), missed func()) (func(), error) {
	subscription, err := n.conn.Subscribe(prefix+subject, func(m *nats.Msg) { receive(m.Data) })
	if err != nil {
		return nil, err
	}
	_ = n.conn.FlushTimeout(flushTime) // an unreachable server gets the subscription when it is back
	n.mu.Lock()
	id := n.next
	n.next++
	n.missed[id] = missed
	n.mu.Unlock()
	return func() {
		n.mu.Lock()
		delete(n.missed, id)
		n.mu.Unlock()
		_ = subscription.Unsubscribe() // fails only on a closed connection
	}, nil
}

// Request implements [Bus].
func (n *NATS) Request(ctx context.Context, subject string, message []byte, receive func([]byte) bool) error {
	inbox := n.conn.NewInbox()
	subscription, err := n.conn.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer func() { _ = subscription.Unsubscribe() }() // fails only on a closed connection
	if err := n.conn.PublishRequest(prefix+subject, inbox, message); err != nil {
		return err
	}
	for {
		m, err := subscription.NextMsgWithContext(ctx)
		if err == nil && len(m.Data) == 0 && m.Header.Get("Status") == "503" || errors.Is(err, nats.ErrNoResponders) {
			return ErrNobody
		}
		if err != nil {
			return err
		}
		if !receive(m.Data) {
			return nil
		}
	}
}

// queueGroup is the queue group of all servers of a subject.
const queueGroup = "basalt"

// Serve implements [Bus]. The servers of a subject form a queue group.
func (n *NATS) Serve(subject string, most int, handle func([]byte, func([]byte) error)) (func(), error) {
	slots := make(chan struct{}, most)
	var running sync.WaitGroup
	subscription, err := n.conn.QueueSubscribe(prefix+subject, queueGroup, func(m *nats.Msg) {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			handle(m.Data, func(b []byte) error { return n.conn.Publish(m.Reply, b) })
		})
	})
	if err != nil {
		return nil, err
	}
	_ = n.conn.FlushTimeout(flushTime) // an unreachable server gets the subscription when it is back
	return func() {
		drained := make(chan struct{})
		subscription.SetClosedHandler(func(string) { close(drained) })
		if subscription.Drain() == nil {
			select {
			case <-drained:
			case <-time.After(drainTime):
			}
		}
		running.Wait()
		_ = n.conn.FlushTimeout(flushTime) // flush the answers
	}, nil
}

// drainTime limits how long received requests may wait for their handlers.
const drainTime = 10 * time.Second

// Local implements [Bus].
func (n *NATS) Local() bool { return false }

// Close implements [Bus].
func (n *NATS) Close() error {
	n.conn.Close()
	return nil
}
