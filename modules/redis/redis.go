// Package redis is a client of one Redis server: commands over a pool of connections, scripts, and subscriptions that come back
// after a lost connection.
//
// It is over redigo, since the larger library has each command of Redis as a method: a tenth of the binary, and of what compiles
// it. It is not for what is stored, or what happens while the server is away: packages shared, cache and bus decide that.
package redis

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Options are those that the code decides. Others are in the URL.
type Options struct {
	// Timeout bounds dialing and writing.
	Timeout time.Duration
	// Answer bounds waiting for an answer, unless the URL has read_timeout; 3 s if it is 0.
	Answer time.Duration
	// Pool is how many connections there are at most, unless it is 0: then the URL says it, or there are ten for each CPU.
	Pool int
	// Again says whether a command whose connection was lost is sent once more.
	Again bool
	// Connected, if not nil, receives what a server says of itself at each new connection.
	Connected func(info string)
}

// Client is a connection to a server. It is safe for concurrent use.
type Client struct {
	pool    redis.Pool
	address address
	options Options
	answer  time.Duration
}

// Nil is the error of an answer that is not there.
var Nil = redis.ErrNil

// Open returns a client of the server of a URL such as redis://user:password@host:6379/0. It does not connect. Its errors do not
// repeat the URL, which may have a password.
func Open(url string, o Options) (*Client, error) {
	a, err := parse(url)
	if err != nil {
		return nil, err
	}
	c := &Client{address: a, options: o, answer: either(o.Answer, either(a.read, 3*time.Second))}
	size := either(o.Pool, a.pool)
	c.pool = redis.Pool{
		DialContext: c.dial, TestOnBorrow: alive,
		MaxActive: size, MaxIdle: size, Wait: true,
		IdleTimeout: a.idle, MaxConnLifetime: a.life,
	}
	return c, nil
}

// Close ends all connections.
func (c *Client) Close() error { return c.pool.Close() }

func either[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}

// connection is one of redigo, with what is below it.
type connection struct {
	redis.ConnWithTimeout
	net net.Conn
}

func (c *Client) dial(ctx context.Context) (redis.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	var below net.Conn
	dialer := net.Dialer{KeepAlive: 5 * time.Minute}
	options := append(c.address.options(), redis.DialReadTimeout(c.options.Timeout), redis.DialWriteTimeout(c.options.Timeout), redis.DialTLSHandshakeTimeout(c.options.Timeout),
		redis.DialContextFunc(func(ctx context.Context, network, at string) (_ net.Conn, err error) {
			below, err = dialer.DialContext(ctx, network, at)
			return below, err
		}))
	conn, err := redis.DialContext(ctx, c.address.network, c.address.at, options...)
	if err != nil {
		return nil, err
	}
	if c.options.Connected != nil {
		if info, err := redis.String(conn.Do("INFO", "server")); err == nil { // a server that does not report it is accepted
			c.options.Connected(info)
		}
	}
	if c.address.tls {
		below = nil // what waits there may be of the handshake
	}
	return connection{conn.(redis.ConnWithTimeout), below}, nil
}

// alive is asked of a connection that has rested: the server may have closed it.
func alive(c redis.Conn, _ time.Time) error {
	below := c.(connection).net
	if below == nil {
		return nil
	}
	if err := below.SetReadDeadline(time.Time{}); err != nil { // that of the last answer
		return err
	}
	return peek(below)
}

// Do sends a command and returns its answer, in the types of redigo.
func (c *Client) Do(ctx context.Context, command string, args ...any) (any, error) {
	return c.within(ctx, c.answer, true, func(conn redis.ConnWithTimeout, wait time.Duration) (any, error) {
		return conn.DoWithTimeout(wait, command, args...)
	})
}

// Block is Do for a command that the server answers when something is there, or after a while.
func (c *Client) Block(ctx context.Context, while time.Duration, command string, args ...any) (any, error) {
	return c.within(ctx, while+10*time.Second, false, func(conn redis.ConnWithTimeout, wait time.Duration) (any, error) {
		return conn.DoWithTimeout(wait, command, args...)
	})
}

// Both sends two commands at once.
func (c *Client) Both(ctx context.Context, first, second []any) error {
	_, err := c.within(ctx, c.answer, true, func(conn redis.ConnWithTimeout, wait time.Duration) (any, error) {
		if err := conn.Send(first[0].(string), first[1:]...); err != nil {
			return nil, err
		}
		return conn.DoWithTimeout(wait, second[0].(string), second[1:]...) // also the error of the first
	})
	return err
}

// Script is a program in Lua that the server runs.
type Script struct{ script *redis.Script }

// NewScript returns the script of a source.
func NewScript(source string) Script { return Script{redis.NewScript(-1, source)} }

// Run runs the script. Only the first time its source is sent.
func (s Script) Run(ctx context.Context, c *Client, keys []string, args ...any) (any, error) {
	all := make([]any, 0, 1+len(keys)+len(args))
	all = append(all, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	all = append(all, args...)
	return c.within(ctx, c.answer, true, func(conn redis.ConnWithTimeout, wait time.Duration) (any, error) {
		return s.script.Do(timed{conn, wait}, all...)
	})
}

// timed is a connection whose answers come in time.
type timed struct {
	redis.ConnWithTimeout
	wait time.Duration
}

// Do implements redis.Conn.
func (t timed) Do(command string, args ...any) (any, error) {
	return t.DoWithTimeout(t.wait, command, args...)
}

// pauseTime is before a command is sent once more.
const pauseTime = 10 * time.Millisecond

// within calls a function with a connection, and how long it may wait there: until ctx ends, at most.
func (c *Client) within(ctx context.Context, answer time.Duration, late bool, call func(redis.ConnWithTimeout, time.Duration) (any, error)) (any, error) {
	out, err := c.once(ctx, answer, call)
	if !c.options.Again || !lost(err, late) || ctx.Err() != nil {
		return out, err
	}
	select {
	case <-ctx.Done():
		return out, err
	case <-time.After(pauseTime):
	}
	return c.once(ctx, answer, call)
}

func (c *Client) once(ctx context.Context, answer time.Duration, call func(redis.ConnWithTimeout, time.Duration) (any, error)) (any, error) {
	waiting, cancel := context.WithTimeout(ctx, c.answer+time.Second) // for a connection that is free
	conn, err := c.pool.GetContext(waiting)
	cancel()
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	if until, ok := ctx.Deadline(); ok {
		answer = min(answer, time.Until(until))
	}
	if answer <= 0 {
		return nil, context.DeadlineExceeded
	}
	return call(conn.(redis.ConnWithTimeout), answer)
}

// lost says whether a command may succeed on another connection.
func lost(err error, late bool) bool {
	var refused redis.Error
	var slow net.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	case errors.As(err, &refused):
		for _, passing := range []string{"LOADING ", "READONLY ", "MASTERDOWN ", "TRYAGAIN ", "ERR max number of clients reached"} {
			if strings.HasPrefix(string(refused), passing) {
				return true
			}
		}
		return false
	case errors.As(err, &slow) && slow.Timeout():
		return late
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &slow)
}
