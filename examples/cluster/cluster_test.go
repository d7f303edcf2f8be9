package cluster

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

type call = servertest.Call

// put stores a message and reports whether that was acknowledged.
func put(url, token string) bool {
	req, err := http.NewRequest("PUT", url, strings.NewReader(`{"text":"hello"}`))
	if err != nil {
		return false
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // the status says it all
	return resp.StatusCode == http.StatusCreated || resp.StatusCode == http.StatusOK
}

// TestCluster_NodesMayStopAndDie runs three nodes behind haproxy. While people write, one node is stopped
// and started again, then killed: no request fails in the first case, and in
// both everything that was acknowledged is there.
func TestCluster_NodesMayStopAndDie(t *testing.T) {
	t.Setenv("DATABASE_URL", postgrestest.Database(t))
	t.Setenv("REDIS_URL", redistest.Start(t).URL())
	t.Setenv("NATS_URL", bustest.Start(t).URL())
	t.Setenv("BASALT_SECRET", "0123456789abcdef0123456789abcdef")
	one, two, three := servertest.FreeAddress(t), servertest.FreeAddress(t), servertest.FreeAddress(t)
	node := servertest.StartProcessAt(t, one, "basalt.yaml")
	other := servertest.StartProcessAt(t, two, "basalt.yaml")
	servertest.StartProcessAt(t, three, "basalt.yaml")
	front := startBalancer(t, [3]string{one, two, three})
	s := servertest.At(t, front, "basalt.yaml")
	session := s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	var tokens struct {
		Access string `json:"access_token"`
	}
	session.Decode(t, &tokens)

	var acknowledged sync.Map
	var failed, count atomic.Int64
	write := func(stop <-chan struct{}, writer int) {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			id := fmt.Sprintf("w%d-%d-%d", writer, i, count.Add(1))
			if put(s.URL+"/v1/db/messages/"+id, tokens.Access) {
				acknowledged.Store(id, true)
			} else {
				failed.Add(1)
			}
		}
	}
	during := func(what string, f func()) int64 {
		t.Helper()
		failed.Store(0)
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for w := range 8 {
			writers.Go(func() { write(stop, w) })
		}
		f()
		close(stop)
		writers.Wait()
		t.Logf("%s: %d requests failed", what, failed.Load())
		return failed.Load()
	}
	until := func(n int64) {
		for from := count.Load(); count.Load() < from+n; {
			if !servertest.Ready(front + "/readyz") {
				t.Fatal("no node answers")
			}
		}
	}
	if n := during("a node stops and starts again", func() {
		until(100)
		node.Stop()
		until(100)
		node = servertest.StartProcessAt(t, one, "basalt.yaml")
		until(100)
	}); n > 0 {
		t.Errorf("%d requests failed while a node was restarted in order", n)
	}
	during("a node is killed", func() { // the requests it was answering are lost, most of which haproxy sends again
		until(100)
		other.Kill()
		until(300)
	})
	if n := during("with the nodes that are left", func() { until(100) }); n > 0 {
		t.Errorf("%d requests failed on the nodes that are left", n)
	}
	acknowledged.Range(func(id, _ any) bool {
		if a := s.Do(t, call{Method: "GET", Path: "/v1/db/messages/" + id.(string), Token: tokens.Access}); a.Status != 200 || !strings.Contains(a.Body, "hello") {
			t.Errorf("%s was acknowledged and is not there: %d %s", id, a.Status, a.Body)
		}
		return true
	})
}
