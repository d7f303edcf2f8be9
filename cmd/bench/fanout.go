package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// listeners are the subscribers of one live query, and what has reached them.
type listeners struct {
	conns    []*listener
	received atomic.Int64
	wait     sync.WaitGroup
}

type listener struct {
	reader *bufio.Reader
	close  func() error
	took   []time.Duration
}

// marker stands before the time at which a change was sent, in nanoseconds since 1970.
var marker = []byte(`"title":"at `)

// listen subscribes n times to one query.
func listen(t *target, n int) (*listeners, error) {
	l := &listeners{}
	dialer := ws.Dialer{Protocols: []string{"basalt.v1"}, Timeout: 10 * time.Second, Header: ws.HandshakeHeaderHTTP(http.Header{"Authorization": {"Bearer " + tokens()[0]}})}
	for range n {
		conn, early, _, err := dialer.Dial(context.Background(), "ws"+strings.TrimPrefix(t.url, "http")+"/v1/realtime")
		if err != nil {
			return nil, errors.Join(err, l.end())
		}
		c := &listener{reader: bufio.NewReaderSize(conn, 2048), close: conn.Close}
		if early != nil {
			c.reader = early
		}
		l.conns = append(l.conns, c)
		if err := wsutil.WriteClientText(conn, []byte(`{"id":"1","op":"subscribe","collection":"notes","query":{"where":{"done":true},"sort":["id"],"limit":100}}`)); err != nil {
			return nil, errors.Join(err, l.end())
		}
		if _, err := c.next(); err != nil { // the snapshot
			return nil, errors.Join(err, l.end())
		}
	}
	return l, nil
}

// next reads a message.
func (c *listener) next() ([]byte, error) {
	for {
		header, err := ws.ReadHeader(c.reader)
		if err != nil {
			return nil, err
		}
		body := make([]byte, header.Length)
		if _, err := io.ReadFull(c.reader, body); err != nil || header.OpCode == ws.OpText {
			return body, err
		}
	}
}

// follow reads until the connection ends.
func (l *listeners) follow() {
	for _, c := range l.conns {
		l.wait.Go(func() {
			for {
				message, err := c.next()
				if err != nil {
					return
				}
				if at := bytes.Index(message, marker); at >= 0 {
					text := message[at+len(marker):]
					sent, err := strconv.ParseInt(string(text[:bytes.IndexByte(text, '"')]), 10, 64)
					if err == nil {
						c.took = append(c.took, time.Duration(time.Now().UnixNano()-sent))
					}
				}
				l.received.Add(1)
			}
		})
	}
}

func (l *listeners) end() error {
	var errs []error
	for _, c := range l.conns {
		errs = append(errs, c.close())
	}
	l.wait.Wait()
	return errors.Join(errs...)
}

// fanout measures how changes of one query reach many who listen to it.
func fanout(o options) (err error) {
	dir, err := os.MkdirTemp("", "basalt-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	t, err := startTarget(o, "basalt", filepath.Join(dir, "basalt"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	send := func(method, path, body string) error {
		req, err := http.NewRequest(method, t.url+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+tokens()[0])
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err == nil && resp.StatusCode >= 300 {
			err = fmt.Errorf("%s %s: %d: %s", method, path, resp.StatusCode, text)
		}
		return err
	}
	const documents = 20
	for i := range documents {
		if err := send("POST", "/v1/db/notes", fmt.Sprintf(`{"id":"live%02d","title":"first","done":true}`, i)); err != nil {
			return err
		}
	}
	if err := t.process.Process.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	time.Sleep(time.Second)
	before, err := memory(t.process.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Printf("%d subscribers of one query, with a rule\n", o.Live)
	l, err := listen(t, o.Live)
	if err != nil {
		return err
	}
	if err := t.process.Process.Signal(syscall.SIGUSR1); err != nil { // gives back the garbage of the beginning
		return errors.Join(err, l.end())
	}
	time.Sleep(2 * time.Second)
	after, err := memory(t.process.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Printf("%.1f kB for each connection, while it is idle\n", float64(after-before)/float64(o.Live)/1000)
	l.follow()
	for _, rate := range []int{10, 50, 100} {
		if err := l.measure(o, t, rate, documents, send); err != nil {
			return errors.Join(err, l.end())
		}
	}
	return l.end()
}

// measure sends changes at a rate, and says how they arrive.
func (l *listeners) measure(o options, t *target, rate, documents int, send func(method, path, body string) error) error {
	for _, c := range l.conns {
		c.took = nil
	}
	l.received.Store(0)
	server, err := cpuTime(t.process.Process.Pid)
	if err != nil {
		return err
	}
	client, err := cpuTime(os.Getpid())
	if err != nil {
		return err
	}
	begun := time.Now()
	changes := int(o.Duration.Seconds() * float64(rate))
	for i := range changes {
		time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		if err := send("PATCH", fmt.Sprintf("/v1/db/notes/live%02d", i%documents), fmt.Sprintf(`{"title":"at %d"}`, time.Now().UnixNano())); err != nil {
			return err
		}
	}
	want := int64(changes * len(l.conns))
	for deadline := time.Now().Add(30 * time.Second); l.received.Load() < want && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(begun)
	serverAfter, err := cpuTime(t.process.Process.Pid)
	if err != nil {
		return err
	}
	clientAfter, err := cpuTime(os.Getpid())
	if err != nil {
		return err
	}
	var all []time.Duration
	for _, c := range l.conns {
		all = append(all, c.took...)
	}
	if len(all) == 0 {
		return errors.New("nothing has arrived")
	}
	slices.Sort(all)
	received := float64(l.received.Load())
	fmt.Printf("%3d changes/s: %d of %d delivered in %.1f s   p50 %.1f ms   p99 %.1f ms   CPU-µs per message: server %.1f, client %.1f\n", rate, int(received), want, took.Seconds(),
		all[len(all)/2].Seconds()*1000, all[len(all)*99/100].Seconds()*1000, float64((serverAfter-server).Microseconds())/received, float64((clientAfter-client).Microseconds())/received)
	o.keep(fmt.Sprintf("delivery at %d changes/s", rate), "CPU-µs of the server", float64((serverAfter-server).Microseconds())/received)
	return nil
}
