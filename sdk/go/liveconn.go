package basalt

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// listen subscribes until ctx ends, receive or idle returns an error, or the server refuses it for good. idle is called
// when all that has arrived was received.
func (c *Client) listen(ctx context.Context, ask func() map[string]any, receive func(m liveMessage) error, idle func() error) error {
	pause := 250 * time.Millisecond
	refreshed := false
	for {
		err := c.listenOnce(ctx, ask, func(m liveMessage) error {
			pause, refreshed = 250*time.Millisecond, false
			return receive(m)
		}, idle)
		switch code := CodeOf(err); {
		case ctx.Err() != nil:
			return ctx.Err()
		case code == Unauthenticated && !refreshed && c.key == "" && c.Auth.Session() != nil:
			refreshed = true
			if _, err := c.Auth.refused(ctx, c.Auth.Session().AccessToken); err != nil {
				return err
			}
			continue
		case code == Unavailable, code == Timeout, code == Internal, code == RateLimited, errors.Is(err, errCut):
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause/2 + rand.N(pause)): // not all clients at once
		}
		pause = min(pause*2, maxPause)
	}
}

// errCut is the loss of a connection.
var errCut = errors.New("basalt: the connection was cut")

// liveConn is a connection to /v1/realtime.
type liveConn struct {
	net.Conn
	reader *bufio.Reader
	mu     sync.Mutex // one message after the other is written
}

func (l *liveConn) Read(p []byte) (int, error) { return l.reader.Read(p) }

func (l *liveConn) send(message map[string]any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("basalt: encoding the request: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := wsutil.WriteClientText(l.Conn, text); err != nil {
		return errors.Join(errCut, err)
	}
	return nil
}

// dial connects and signs in.
func (c *Client) dial(ctx context.Context) (*liveConn, error) {
	token, err := c.Auth.token(ctx)
	if err != nil {
		return nil, errors.Join(errCut, err)
	}
	dialer := ws.Dialer{Protocols: []string{"basalt.v1"}, Timeout: 10 * time.Second}
	conn, early, _, err := dialer.Dial(ctx, "ws"+strings.TrimPrefix(c.base, "http")+"/v1/realtime")
	if err != nil {
		return nil, errors.Join(errCut, err)
	}
	l := &liveConn{Conn: conn, reader: early}
	if early == nil {
		l.reader = bufio.NewReader(conn)
	}
	if token != "" {
		if err := l.send(map[string]any{"id": "auth", "op": "auth", "token": token}); err != nil {
			return nil, errors.Join(err, l.Close())
		}
		m, err := l.next(func() error { return nil })
		if err == nil && m.Error != nil {
			err = m.Error
		}
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

func (c *Client) listenOnce(ctx context.Context, ask func() map[string]any, receive func(m liveMessage) error, idle func() error) error {
	user := c.Auth.userID()
	l, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() }) // ends a read
	defer stop()
	subscribe := map[string]any{"id": "live", "op": "subscribe"}
	for name, value := range ask() {
		subscribe[name] = value
	}
	if err := l.send(subscribe); err != nil {
		return err
	}
	renewing, stopRenewing := context.WithCancel(ctx)
	var renewal sync.WaitGroup
	renewal.Go(func() { c.renew(renewing, l, user) })
	defer renewal.Wait()
	defer stopRenewing()
	for {
		m, err := l.next(idle)
		if err != nil {
			return err
		}
		if m.ID != "live" {
			continue
		}
		if m.Error != nil {
			return m.Error
		}
		if err := receive(m); err != nil {
			return err
		}
	}
}

// renew sends each new token of a user before the old one ends. When another user is signed in, it ends the connection,
// so that all is asked for as them.
func (c *Client) renew(ctx context.Context, l *liveConn, user string) {
	sent, _ := c.Auth.token(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
		if c.Auth.userID() != user {
			_ = l.Close()
			return
		}
		if token, err := c.Auth.token(ctx); err == nil && token != "" && token != sent {
			if l.send(map[string]any{"id": "auth", "op": "auth", "token": token}) != nil {
				return
			}
			sent = token
		}
	}
}
