package bus

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// NATS is a bus over a NATS server, or several.
type NATS struct {
	conn *nats.Conn

	mu     sync.Mutex // guards missed
	missed map[int]func()
	next   int
}

// OpenNATS returns a bus over the servers of a URL such as nats://user:password@host:4222, several with
// commas between.
func OpenNATS(url string) (*NATS, error) {
	n := &NATS{missed: map[int]func(){}}
	var err error
	n.conn, err = nats.Connect(url,
		nats.Name("basalt"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(250*time.Millisecond), nats.Timeout(time.Second),
		nats.PingInterval(5*time.Second), nats.ReconnectBufSize(-1), // a message that can not be sent now is an error
		nats.ConnectHandler(func(*nats.Conn) { n.tellMissed() }),
		nats.ReconnectHandler(func(*nats.Conn) { n.tellMissed() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) {
				n.tellMissed()
			}
		}))
	if err != nil {
		return nil, errors.New(`bus: the url has the form "nats://user:password@host:4222"`) // the library's error may repeat it
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

// flushTime bounds how long a server may take to take a message.
const flushTime = time.Second

// Publish implements [Bus]. It returns when the server has the message.
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
	_ = n.conn.FlushTimeout(flushTime) // one that is away takes it when it comes
	n.mu.Lock()
	id := n.next
	n.next++
	n.missed[id] = missed
	n.mu.Unlock()
	return func() {
		n.mu.Lock()
		delete(n.missed, id)
		n.mu.Unlock()
		_ = subscription.Unsubscribe() // it fails only on a connection that has ended
	}, nil
}

// Close implements [Bus].
func (n *NATS) Close() error {
	n.conn.Close()
	return nil
}
