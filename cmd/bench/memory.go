package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gobwas/ws"
	"github.com/valyala/fasthttp"
)

// mixed is half reads of any document, two tenths lists of many kinds, and as many creates and updates as are left: what
// fills a cache, and keeps changing it.
var mixed = workload{name: "mixed", build: func(r *fasthttp.Request, base string, owner, i, documents int) {
	n := i / 64 // the number of the request of its connection, where there are 64
	switch n % 10 {
	case 0, 1, 2, 3, 4:
		workloads[0].build(r, base, owner, n, documents)
	case 5, 6:
		r.SetRequestURI(base + "/v1/db/notes?filter=done==false&sort=-created&limit=" + strconv.Itoa(1+n%500))
	case 7, 8:
		workloads[2].build(r, base, owner, n, documents)
	default:
		workloads[3].build(r, base, owner, n, documents)
	}
}}

// measureMemory says what a node takes while it is idle, for each idle WebSocket, and under a mixed load with a cache.
func measureMemory(o options) error {
	return onIdle(o, "cached", "memory.idle", func(t *target, _ string, idle int) error { return measureMemoryOn(o, t, idle) })
}

// onIdle starts a server of a role in a directory of its own, reports what it takes while it is idle, and calls f with it, the
// directory and that number of bytes.
func onIdle(o options, role, figure string, f func(t *target, dir string, idle int) error) (err error) {
	dir, err := os.MkdirTemp("", "basalt-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	t, err := startTarget(o, role, filepath.Join(dir, role))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	idle, err := t.settled()
	if err != nil {
		return err
	}
	o.report(figure, "MB", float64(idle)/1e6)
	return f(t, dir, idle)
}

func measureMemoryOn(o options, t *target, idle int) error {
	sockets := o.Live
	if sockets == 0 {
		sockets = 10_000
	}
	conns, err := connect(t, sockets)
	if err != nil {
		return err
	}
	open, err := t.settled()
	if err != nil {
		return errors.Join(err, closeAll(conns))
	}
	o.report("memory.socket", "kB", float64(open-idle)/float64(sockets)/1e3)
	if err := closeAll(conns); err != nil {
		return err
	}
	closed, err := t.settled()
	if err != nil {
		return err
	}
	o.report("memory.closed", "MB", float64(closed)/1e6)
	most, err := t.mostDuring(func() error {
		r, err := once(o, t, mixed)
		o.report("memory.mixed.requests", "requests/s", r.perSecond)
		return err
	})
	if err != nil {
		return err
	}
	o.report("memory.mixed.most", "MB", float64(most)/1e6)
	after, err := t.settled()
	if err != nil {
		return err
	}
	o.report("memory.mixed.kept", "MB", float64(after)/1e6)
	return nil
}

// settled returns the resident memory of a server in bytes when its garbage is given back.
func (t *target) settled() (int, error) {
	if err := t.process.Process.Signal(syscall.SIGUSR1); err != nil {
		return 0, err
	}
	time.Sleep(2 * time.Second)
	return memory(t.process.Process.Pid)
}

// mostDuring returns the most resident memory that is seen while f runs.
func (t *target) mostDuring(f func() error) (most int, err error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	for {
		now, err := memory(t.process.Process.Pid)
		if err != nil {
			return 0, errors.Join(err, <-done)
		}
		most = max(most, now)
		select {
		case err := <-done:
			return most, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// connect opens WebSockets that ask for nothing.
func connect(t *target, n int) ([]func() error, error) {
	var conns []func() error
	dialer := ws.Dialer{
		Protocols: []string{"basalt.v1"}, Timeout: 10 * time.Second, ReadBufferSize: 512, WriteBufferSize: 512,
		Header: ws.HandshakeHeaderHTTP(http.Header{"Authorization": {"Bearer " + tokens()[0]}}),
	}
	for range n {
		conn, early, _, err := dialer.Dial(context.Background(), "ws"+strings.TrimPrefix(t.url, "http")+"/v1/realtime")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connection %d: %w", len(conns)+1, err), closeAll(conns))
		}
		putBack(early)
		conns = append(conns, conn.Close)
	}
	return conns, nil
}

// putBack keeps what a handshake has read from holding memory of the client.
func putBack(early *bufio.Reader) {
	if early != nil {
		ws.PutReader(early)
	}
}

func closeAll(conns []func() error) error {
	var errs []error
	for _, c := range conns {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
