package redis_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/redis"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
)

func open(t *testing.T, url string, o redis.Options) *redis.Client {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	c, err := redis.Open(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func set(ctx context.Context, c *redis.Client, key string) error {
	_, err := c.Do(ctx, "SET", key, "1")
	return err
}

// TestClient_OutlivesARestart: connections that rested while the server was away are not used, also without a second attempt.
func TestClient_OutlivesARestart(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	var mu sync.Mutex
	runs := map[string]bool{}
	c := open(t, s.URL(), redis.Options{Pool: 4, Connected: func(info string) {
		_, run, _ := strings.Cut(info, "run_id:")
		mu.Lock()
		defer mu.Unlock()
		runs[run[:40]] = true
	}})
	ctx := context.Background()
	var all sync.WaitGroup
	for i := range 8 { // more than there are connections
		all.Go(func() {
			if err := set(ctx, c, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if err := set(ctx, c, "after"); err != nil {
			t.Errorf("after a restart: %v", err)
		}
	}
	if len(runs) != 2 {
		t.Errorf("%d servers have said who they are", len(runs))
	}
}

// TestClient_WaitsNoLongerThanItsContext for an answer, and the connection does not give it to the next command.
func TestClient_WaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL(), redis.Options{Pool: 1})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Block(ctx, time.Hour, "BLPOP", "list", 0); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if _, err := c.Do(ctx, "GET", "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if _, err := c.Do(context.Background(), "RPUSH", "list", "late"); err != nil {
		t.Fatal(err)
	}
	if got, err := redis.Strings(c.Do(context.Background(), "LRANGE", "list", 0, -1)); err != nil || len(got) != 1 {
		t.Errorf("the list has %v, %v", got, err)
	}
	if _, err := redis.Bytes(c.Do(context.Background(), "GET", "x")); !errors.Is(err, redis.Nil) {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := c.Do(context.Background(), "LPUSH", "list"); err == nil || !strings.HasPrefix(err.Error(), "ERR wrong number") {
		t.Errorf("what the server refuses: %v", err)
	}
	if err := c.Both(context.Background(), []any{"LPUSH", "list"}, []any{"PEXPIRE", "list", 1}); err == nil {
		t.Error("the first of two was refused, and that is not said")
	}
}

// closing is a server that answers +OK and ends each of its first connections at the first command.
func closing(t *testing.T, first int) (url string, asked func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var mu sync.Mutex
	n := 0
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			line, err := bufio.NewReader(conn).ReadString('\n')
			mu.Lock()
			n++
			if err == nil && line != "" && n > first {
				_, _ = conn.Write([]byte("+OK\r\n")) // the client has gone
			}
			mu.Unlock()
			_ = conn.Close()
		}
	}()
	return "redis://" + l.Addr().String(), func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// TestClient_SendsOnceMoreIfAskedTo when a connection is lost, and not more often.
func TestClient_SendsOnceMoreIfAskedTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		again       bool
		lost, asked int
		works       bool
	}{{false, 1, 1, false}, {true, 1, 2, true}, {true, 9, 2, false}} {
		url, asked := closing(t, c.lost)
		err := set(context.Background(), open(t, url, redis.Options{Again: c.again}), "x")
		if (err == nil) != c.works || asked() != c.asked {
			t.Errorf("%+v: %v, asked %d times", c, err, asked())
		}
	}
}

// TestScript_IsSentWhenTheServerHasItNot, at first and after a restart.
func TestScript_IsSentWhenTheServerHasItNot(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := open(t, s.URL(), redis.Options{})
	script := redis.NewScript(`return {KEYS[1], ARGV[1], ARGV[2]}`)
	for range 2 {
		for range 2 {
			if got, err := redis.Strings(script.Run(context.Background(), c, []string{"k"}, 7, []byte("b"))); err != nil || fmt.Sprint(got) != "[k 7 b]" {
				t.Errorf("%v, %v", got, err)
			}
		}
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOpen_TakesWhatURLsSay, and an error does not repeat a password.
func TestOpen_TakesWhatURLsSay(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	ctx := context.Background()
	admin := open(t, s.URL(), redis.Options{})
	for _, command := range [][]any{{"SETUSER", "ann", "on", ">hunter2", "~*", "+@all"}, {"SETUSER", "default", ">only"}} {
		if _, err := admin.Do(ctx, "ACL", command...); err != nil {
			t.Fatal(err)
		}
	}
	host := strings.TrimSuffix(strings.TrimPrefix(s.URL(), "redis://"), "/0")
	for url, works := range map[string]bool{
		"redis://ann:hunter2@" + host + "/3?client_name=me&pool_size=2&protocol=3&read_timeout=2s&idle_timeout=60&max_conn_age=1h": true,
		"redis://:only@" + host + "?db=3&client_name=me&pool_size=0":                                                               true,
		"redis://ann:wrong@" + host:    false,
		"rediss://ann:hunter2@" + host: false, // the server has no certificate
	} {
		info, err := redis.Bytes(open(t, url, redis.Options{}).Do(ctx, "CLIENT", "INFO"))
		if (err == nil) != works || works && (!strings.Contains(string(info), "db=3") || !strings.Contains(string(info), "name=me")) {
			t.Errorf("%s: %s, %v", url, info, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
	}
	for _, url := range []string{"http://ann:hunter2@x", "redis:hunter2", "redis://:hunter2@x/a", "redis://:hunter2@x?pool=1", "redis://:hunter2@x?pool_size=hunter2", "redis://:hunter2@x?skip_verify=true", "unix://:hunter2@", "redis://:hunter2@x:y"} {
		if _, err := redis.Open(url, redis.Options{}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestSubscribe_ComesBack after a restart, and says so each time; a slow receiver loses nothing.
func TestSubscribe_ComesBack(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := open(t, s.URL(), redis.Options{})
	ready, got := make(chan struct{}, 9), make(chan string, 100)
	stop := c.Subscribe("news", func() { ready <- struct{}{} }, func(b []byte) { got <- string(b) })
	for round := range 2 {
		<-ready
		for i := range 20 {
			if _, err := c.Do(context.Background(), "PUBLISH", "news", fmt.Sprint(round, i)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 20 {
			if text := <-got; text != fmt.Sprint(round, i) {
				t.Errorf("received %s", text)
			}
		}
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if n, err := redis.Int64(c.Do(context.Background(), "PUBLISH", "news", "x")); err != nil || n != 0 {
		t.Errorf("%d still listen, %v", n, err)
	}
}

// TestSubscribe_LeavesAServerThatIsSilent: a machine that is gone closes nothing.
func TestSubscribe_LeavesAServerThatIsSilent(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c := open(t, "redis://"+l.Addr().String(), redis.Options{})
	stop := c.Subscribe("news", func() {}, func([]byte) {})
	for range 2 { // the second is dialed only when the first is left
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	stop()
}
