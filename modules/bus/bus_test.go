package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
)

// received is what a listener gets: messages, and "missed".
func listen(t *testing.T, b bus.Bus, subject string) (received chan string, stop func()) {
	t.Helper()
	received = make(chan string, 1000)
	stop, err := b.Subscribe(subject, func(m []byte) { received <- string(m) }, func() { received <- "missed" })
	if err != nil {
		t.Fatal(err)
	}
	return received, stop
}

func next(t *testing.T, received chan string) string {
	t.Helper()
	select {
	case m := <-received:
		return m
	case <-time.After(time.Minute):
		t.Fatal("nothing is received")
		return ""
	}
}

// sendUntilReceived publishes until the listener hears it: at the beginning the subscription may be under way.
func sendUntilReceived(t *testing.T, b bus.Bus, subject, message string, received chan string) {
	t.Helper()
	for range 200 {
		_ = b.Publish(context.Background(), subject, []byte(message)) // the server may be away yet
		select {
		case m := <-received:
			if m == message {
				return
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatalf("%s is never received", message)
}

// opener returns what opens the bus of another node; in memory there is one node.
func opener(t *testing.T, driver, url string) (open func() bus.Bus) {
	connect := func() bus.Bus {
		t.Helper()
		b, err := bus.Open(driver, url)
		if r, ok := bus.Driver(driver); err == nil && (!ok || b.Local() != r.Local) {
			t.Errorf("%s: Local() is %t, and the registration says %t", driver, b.Local(), r.Local)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return b
	}
	if driver != "memory" {
		return connect
	}
	one := connect()
	return func() bus.Bus { return one }
}

func TestBus_AllNodesHearInOrder(t *testing.T) {
	t.Parallel()
	redis, nats := redistest.Start(t), bustest.Start(t)
	for driver, url := range map[string]string{"memory": "", "redis": redis.URL(), "nats": nats.URL()} {
		t.Run(driver, func(t *testing.T) {
			open := opener(t, driver, url)
			a, b := open(), open()
			atA, stopA := listen(t, a, "s")
			atB, stopB := listen(t, b, "s")
			other, stopOther := listen(t, b, "other")
			defer stopA()
			defer stopOther()
			sendUntilReceived(t, a, "s", "begin", atA)
			sendUntilReceived(t, a, "s", "both", atB)
			for i := range 100 {
				if err := a.Publish(context.Background(), "s", fmt.Append(nil, i)); err != nil {
					t.Fatal(err)
				}
			}
			for name, received := range map[string]chan string{"a": atA, "b": atB} {
				for i := 0; i < 100; {
					m := next(t, received)
					if m == "begin" || m == "both" || m == "missed" {
						continue
					}
					if m != fmt.Sprint(i) {
						t.Fatalf("%s: got %s, want %d", name, m, i)
					}
					i++
				}
			}
			stopB()
			if err := a.Publish(context.Background(), "s", []byte("late")); err != nil {
				t.Fatal(err)
			}
			if m := next(t, atA); m != "late" {
				t.Errorf("got %s", m)
			}
			if len(atB) > 0 || len(other) > 0 {
				t.Errorf("received after stop, or of another subject: %d %d", len(atB), len(other))
			}
		})
	}
}

func TestBus_TellsWhatWasMissed(t *testing.T) {
	t.Parallel()
	redis, nats := redistest.Start(t), bustest.Start(t)
	for driver, server := range map[string]interface {
		URL() string
		Kill() error
		Run() error
	}{"redis": redis, "nats": nats} {
		t.Run(driver, func(t *testing.T) {
			b := opener(t, driver, server.URL())()
			received, stop := listen(t, b, "s")
			defer stop()
			sendUntilReceived(t, b, "s", "before", received)
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := b.Publish(context.Background(), "s", []byte("lost")); err == nil {
				t.Error("a message without a subscriber is no error")
			}
			if err := server.Run(); err != nil {
				t.Fatal(err)
			}
			for m := ""; m != "missed"; {
				if m = next(t, received); m == "lost" {
					t.Fatal("received what was an error")
				}
			}
			sendUntilReceived(t, b, "s", "after", received)
		})
	}
	for driver, url := range map[string]string{"redis": "http://secret@x", "nats": "http://secret@:x"} {
		if _, err := bus.Open(driver, url); err == nil {
			t.Errorf("%s takes %s", driver, url)
		}
	}
}

func TestBus_RequestsGoToOneOfThoseWhoServe(t *testing.T) {
	t.Parallel()
	redis, nats := redistest.Start(t), bustest.Start(t)
	for driver, url := range map[string]string{"memory": "", "redis": redis.URL(), "nats": nats.URL()} {
		t.Run(driver, func(t *testing.T) {
			open := opener(t, driver, url)
			client := open()
			workers := []bus.Bus{open(), open(), open()}
			request := func(ctx context.Context, subject, message string, answers int) ([]string, error) {
				ctx, cancel := context.WithTimeout(ctx, time.Minute)
				defer cancel()
				var got []string
				err := client.Request(ctx, subject, []byte(message), func(b []byte) bool {
					got = append(got, string(b))
					return len(got) < answers
				})
				return got, err
			}
			if _, err := request(t.Context(), "sum", "1", 1); !errors.Is(err, bus.ErrNobody) {
				t.Fatalf("without a server: %v", err)
			}
			var counts [3]atomic.Int64
			var stops []func()
			for i, w := range workers {
				stop, err := w.Serve("sum", 4, func(message []byte, answer func([]byte) error) {
					counts[i].Add(1)
					for n := range 3 {
						_ = answer(fmt.Appendf(nil, "%s.%d", message, n)) // who has asked may have received enough
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				stops = append(stops, stop)
			}
			var callers sync.WaitGroup
			for n := range 60 {
				callers.Go(func() {
					got, err := request(t.Context(), "sum", fmt.Sprint(n), 3)
					if want := []string{fmt.Sprintf("%d.0", n), fmt.Sprintf("%d.1", n), fmt.Sprintf("%d.2", n)}; err != nil || !slices.Equal(got, want) {
						t.Errorf("got %v %v, want %v", got, err, want)
					}
				})
			}
			callers.Wait()
			if total := counts[0].Load() + counts[1].Load() + counts[2].Load(); total != 60 {
				t.Errorf("60 requests were handled %d times", total)
			}
			// One that stops finishes what it has, and gets nothing more.
			stops[0]()
			before := counts[0].Load()
			for n := range 20 {
				if got, err := request(t.Context(), "sum", fmt.Sprint(n), 1); err != nil || len(got) != 1 {
					t.Errorf("got %v %v", got, err)
				}
			}
			if counts[0].Load() != before {
				t.Error("one that has stopped is asked")
			}
			stops[1]()
			stops[2]()
			// One that does not answer in time.
			stop, err := workers[0].Serve("slow", 1, func([]byte, func([]byte) error) { time.Sleep(300 * time.Millisecond) })
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := request(ctx, "slow", "x", 1); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}
