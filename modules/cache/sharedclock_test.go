package cache_test

import (
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/shared/redistest"
)

// slowLine is a way to a server on which requests or answers are late. It returns its address, and what cuts it.
func slowLine(t *testing.T, server string, requests, answers time.Duration) (address string, cut func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	var mu sync.Mutex // guards open
	var open []net.Conn
	cut = sync.OnceFunc(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		work.Wait()
	})
	t.Cleanup(cut)
	work.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", server)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			open = append(open, from, to)
			mu.Unlock()
			work.Go(func() { late(to, from, requests) })
			work.Go(func() { late(from, to, answers) })
		}
	})
	return listener.Addr().String(), cut
}

func late(to io.WriteCloser, from io.ReadCloser, by time.Duration) {
	defer func() { _, _ = to.Close(), from.Close() }()
	for piece := make([]byte, 4096); ; {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		time.Sleep(by)
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

// TestGet_ShowsAWriterItsWriteWithoutRedis: the nodes know the shared clock from answers that were late, in one of them
// on the way there and in the other on the way back. When Redis is away, what one of them has read before a write
// of the other is still from before it.
func TestGet_ShowsAWriterItsWriteWithoutRedis(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(redistest.Start(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	const most = 60 * time.Millisecond
	there, cutThere := slowLine(t, server.Host, most, 0)
	back, cutBack := slowLine(t, server.Host, 0, most)
	writer, reader := newNode(t, "redis://"+back+"/0"), newNode(t, "redis://"+there+"/0")
	s := &stored{}
	reader.get(t, s, 0)
	writer.get(t, s, 0)
	writer.get(t, s, writer.Clock()) // neither has it in memory only
	cutThere()
	cutBack()
	for v := int64(1); v < 20; v++ {
		reader.get(t, s, s.write(t.Context(), reader, v*100)) // it is read just before
		seen := s.write(t.Context(), writer, v)
		if got := reader.get(t, s, seen); got != strconv.FormatInt(v, 10) {
			t.Fatalf("after writing %d the writer reads %s", v, got)
		}
	}
}
