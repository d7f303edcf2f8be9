package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// Live queries under faults: writers write, memberships come and go, connections are cut, readers stop to
// read, nodes are killed and started again, and so are the servers behind them. At every quiet moment what each
// subscriber has equals what the query returns for them; and no user gets what they may not see.

const stormConfig = `
databases: { main: { driver: DRIVER } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
limits: { queue: 16KiB }
BUS
collections:
  todos:
    fields: { owner: { type: string, index: true }, title: { type: string } }
    rules: { read: 'doc.owner == auth.id', create: 'false', update: 'false', delete: 'false' }
  members:
    fields: { team: { type: string, index: true }, user: { type: string, index: true } }
    rules: { read: 'doc.user == auth.id', create: 'false', update: 'false', delete: 'false' }
  notes:
    fields:
      team:  { type: string, index: true }
      title: { type: string }
      rank:  { type: int, default: 0 }
      done:  { type: bool, default: false }
      memo:  { type: string }
      todo:  { type: ref, to: todos }
    fields_readable: { memo: 'doc.done' }
    rules: { read: 'exists("members", {"team": doc.team, "user": auth.id})', create: 'false', update: 'false', delete: 'false' }
`

// ways are the subscriptions of each user; the first has an aggregate instead of a query.
var ways = []struct{ collection, kind, body string }{
	{"notes", "aggregate", `{"group":["team"],"count":true,"sum":["rank"]}`},
	{"notes", "query", `{"sort":["-rank"],"limit":5,"count":true}`},
	{"notes", "query", `{"where":{"team":"t1"},"sort":["title"],"select":["title","memo"],"limit":100}`},
	{"notes", "query", `{"where":{"$or":[{"rank":{"$gte":5}},{"done":true}]},"sort":["-title"],"limit":3}`},
	{"notes", "query", `{"where":{"todo":{"$ne":null}},"expand":["todo"],"sort":["id"],"limit":20}`},
	{"todos", "query", `{"sort":["id"],"limit":100}`},
	{"members", "query", `{"sort":["id"],"limit":100}`},
}

const (
	stormUsers = 3
	stormTeams = 3
)

// storm is one world: nodes, what is behind them, and those who watch.
type storm struct {
	t       *testing.T
	rng     *rand.Rand
	config  string
	addr    []string
	nodes   []*servertest.Process
	tokens  []string
	servers []func() // each kills a server behind the nodes, and starts it again
	readers []*reader
	history permissions
	number  int
	notes   []string
	members map[string][2]int // id to user and team
}

// permissions remembers who was a member of what when, as far as it is certain.
type permissions struct {
	sync.Mutex
	// without has, for a user and a team, since when the user was certainly no member; zero while it may be one.
	without map[[2]int]time.Time
	// written has when the writing of a text began, and of which team the document then was.
	written map[string]wrote
}

type wrote struct {
	at   time.Time
	team int
}

// allowed fails the test when a message has what its reader has had no right to since before it was written.
func (s *storm) allowed(r *reader, m servertest.Message) {
	docs := m.Items
	if m.Doc != nil {
		docs = append(docs, m.Doc)
	}
	s.history.Lock()
	defer s.history.Unlock()
	for _, raw := range docs {
		var doc struct{ Title, Memo string }
		if json.Unmarshal(raw, &doc) != nil {
			continue
		}
		if w, ok := s.history.written[doc.Title]; ok {
			if since := s.history.without[[2]int{r.user, w.team}]; !since.IsZero() && since.Before(w.at) {
				s.t.Errorf("forbidden: user %d, no member of t%d since %v, got %s, written at %v", r.user, w.team, since, raw, w.at)
			}
		}
		if doc.Memo != "" && strings.Contains(string(raw), `"done":false`) {
			s.t.Errorf("forbidden: the memo in %s", raw)
		}
	}
}

// send sends a request to some node until one answers.
func (s *storm) send(c call) servertest.Answer {
	c.Token = admin
	for range 400 {
		a := s.try(s.rng.IntN(len(s.addr)), c)
		if a.Status != 0 && a.Status != 503 && a.Status != 504 && a.Status != 500 {
			return a
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatalf("no node answers %s %s", c.Method, c.Path)
	return servertest.Answer{}
}

func (s *storm) try(node int, c call) servertest.Answer {
	req, err := http.NewRequest(c.Method, "http://"+s.addr[node]+c.Path, strings.NewReader(fmt.Sprint(c.Body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("X-Basalt-Consistency", "strong")
	resp, err := stormClient.Do(req)
	if err != nil {
		return servertest.Answer{}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return servertest.Answer{}
	}
	return servertest.Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
}

var stormClient = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}

// title returns a text that is written once, and notes when and for which team.
func (s *storm) title(team int) string {
	s.number++
	title := fmt.Sprintf("n%06d", s.number)
	s.history.Lock()
	s.history.written[title] = wrote{time.Now(), team}
	s.history.Unlock()
	return title
}

// step does something at random.
func (s *storm) step() {
	switch k := s.rng.IntN(100); {
	case k < 22 || len(s.notes) == 0:
		team := s.rng.IntN(stormTeams)
		id := fmt.Sprintf("note%d", s.number)
		s.notes = append(s.notes, id)
		todo := "null"
		if s.rng.IntN(3) == 0 {
			todo = fmt.Sprintf(`"todo%d"`, s.rng.IntN(4))
		}
		s.send(call{Method: "POST", Path: "/v1/db/notes", Body: fmt.Sprintf(`{"id":%q,"team":"t%d","title":%q,"rank":%d,"memo":"memo %d","todo":%s}`, id, team, s.title(team), s.rng.IntN(10), s.number, todo)})
	case k < 50:
		id := s.notes[s.rng.IntN(len(s.notes))]
		team := s.rng.IntN(stormTeams)
		s.send(call{Method: "PATCH", Path: "/v1/db/notes/" + id, Body: fmt.Sprintf(`{"team":"t%d","title":%q,"rank":%d,"done":%t}`, team, s.title(team), s.rng.IntN(10), s.rng.IntN(2) == 0)})
	case k < 60:
		n := s.rng.IntN(len(s.notes))
		s.send(call{Method: "DELETE", Path: "/v1/db/notes/" + s.notes[n]})
		s.notes = append(s.notes[:n], s.notes[n+1:]...)
	case k < 64: // many at once
		s.send(call{Method: "PATCH", Path: fmt.Sprintf("/v1/db/notes?filter=rank%%20<%%20%d", s.rng.IntN(10)), Body: fmt.Sprintf(`{"rank":%d}`, s.rng.IntN(10))})
	case k < 66:
		s.send(call{Method: "PATCH", Path: fmt.Sprintf("/v1/db/todos/todo%d", s.rng.IntN(4)), Body: fmt.Sprintf(`{"owner":"u%d","title":"todo %d"}`, s.rng.IntN(stormUsers), s.number)})
	case k < 78:
		s.member()
	case k < 86:
		s.readers[s.rng.IntN(len(s.readers))].cut()
	case k < 90:
		s.readers[s.rng.IntN(len(s.readers))].pause(s.rng.IntN(4) == 0)
	case k < 93:
		time.Sleep(time.Duration(s.rng.IntN(30)) * time.Millisecond)
	case k < 96 && len(s.nodes) > 0:
		s.restart(s.rng.IntN(len(s.nodes)))
	case k < 98 && len(s.servers) > 0 && s.rng.IntN(4) == 0:
		s.servers[s.rng.IntN(len(s.servers))]()
	}
}

// member makes a user a member, or ends that.
func (s *storm) member() {
	user, team := s.rng.IntN(stormUsers), s.rng.IntN(stormTeams)
	id := fmt.Sprintf("m%d-%d", user, team)
	key := [2]int{user, team}
	if _, is := s.members[id]; !is {
		s.history.Lock()
		s.history.without[key] = time.Time{}
		s.history.Unlock()
		s.send(call{Method: "PUT", Path: "/v1/db/members/" + id, Body: fmt.Sprintf(`{"user":"u%d","team":"t%d"}`, user, team)})
		s.members[id] = key
		return
	}
	s.send(call{Method: "DELETE", Path: "/v1/db/members/" + id})
	delete(s.members, id)
	s.history.Lock()
	s.history.without[key] = time.Now()
	s.history.Unlock()
}

func (s *storm) restart(n int) {
	s.nodes[n].Kill()
	if s.rng.IntN(2) == 0 {
		time.Sleep(time.Duration(s.rng.IntN(100)) * time.Millisecond)
	}
	s.nodes[n] = servertest.StartProcessAt(s.t, s.addr[n], s.config)
}

// quiet waits until every reader has what the query returns.
func (s *storm) quiet() {
	for _, r := range s.readers {
		r.pause(false)
	}
	for _, r := range s.readers {
		want, got, told := "", "", false
		deadline := time.Now().Add(90 * time.Second)
		for {
			if want, got = s.wanted(r), r.has(); want == got {
				break
			}
			if testing.Verbose() && !told && time.Until(deadline) < 80*time.Second {
				told = true
				fmt.Printf("waiting: user %d, %s %s:\n got  %s\n want %s\n", r.user, ways[r.way].collection, ways[r.way].body, got, want)
				s.others(r)
			}
			if time.Now().After(deadline) {
				s.t.Fatalf("user %d, %s %s:\n got  %s\n want %s\n", r.user, ways[r.way].collection, ways[r.way].body, got, want)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// others says what a user gets who subscribes to the same now, at each node.
func (s *storm) others(r *reader) {
	r.mu.Lock()
	fmt.Printf(" it is connected to %v\n", r.live.Peer())
	r.mu.Unlock()
	for _, address := range s.addr {
		l, err := servertest.Dial("http://"+address, s.tokens[r.user])
		if err != nil {
			fmt.Println(" ", address, err)
			continue
		}
		if err := l.Send(map[string]any{"id": "s", "op": "subscribe", "collection": ways[r.way].collection, ways[r.way].kind: json.RawMessage(ways[r.way].body)}); err == nil {
			m, err := l.Next(5 * time.Second)
			fmt.Println(" ", address, m.Text, err)
		}
		_ = l.Close() // it is only looked at
	}
}

// wanted is what the query returns for the reader.
func (s *storm) wanted(r *reader) string {
	way := ways[r.way]
	for range 400 {
		a := s.try(s.rng.IntN(len(s.addr)), call{Method: "POST", Path: "/v1/db/" + way.collection + "/" + way.kind, Token: s.tokens[r.user], Body: way.body})
		if a.Status == 200 {
			var page struct {
				Items json.RawMessage
				Total *int64
			}
			a.Decode(s.t, &page)
			if page.Total != nil {
				return fmt.Sprintf("%s of %d", page.Items, *page.Total)
			}
			return string(page.Items)
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatal("no node answers")
	return ""
}

// weather runs schedules of faults in one world. BASALT_SCHEDULES says how many, BASALT_SEED which is the first.
func weather(t *testing.T, nodes int, config string, servers ...func()) {
	schedules, seed := 6, uint64(time.Now().UnixNano())
	if n, err := strconv.Atoi(os.Getenv("BASALT_SCHEDULES")); err == nil {
		schedules = n
	}
	if n, err := strconv.ParseUint(os.Getenv("BASALT_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("to replay: BASALT_SEED=%d BASALT_SCHEDULES=%d", seed, schedules)
	s := &storm{t: t, rng: rand.New(rand.NewPCG(seed, 0)), config: servertest.Write(t, config), servers: servers, members: map[string][2]int{}}
	s.history.without, s.history.written = map[[2]int]time.Time{}, map[string]wrote{}
	for range nodes {
		s.addr = append(s.addr, servertest.FreeAddress(t))
	}
	for _, address := range s.addr {
		s.nodes = append(s.nodes, servertest.StartProcessAt(t, address, s.config))
	}
	api := s.nodes[0].Instance(s.config)
	began := time.Now()
	for u := range stormUsers {
		s.tokens = append(s.tokens, user(api, fmt.Sprintf("u%d", u)))
		for team := range stormTeams {
			s.history.without[[2]int{u, team}] = began
		}
	}
	for i := range 4 {
		s.send(call{Method: "POST", Path: "/v1/db/todos", Body: fmt.Sprintf(`{"id":"todo%d","owner":"u%d","title":"first"}`, i, i%stormUsers)})
	}
	for u := range stormUsers {
		for way := range ways {
			r := &reader{storm: s, user: u, way: way, stop: make(chan struct{})}
			s.readers = append(s.readers, r)
			r.done.Add(1)
			go r.run()
		}
	}
	defer func() {
		for _, r := range s.readers {
			close(r.stop)
			r.pause(false)
			r.cut()
		}
		for _, r := range s.readers {
			for {
				r.cut()
				stopped := make(chan struct{})
				go func() { r.done.Wait(); close(stopped) }()
				select {
				case <-stopped:
				case <-time.After(100 * time.Millisecond):
					continue
				}
				break
			}
		}
	}()
	for n := range schedules {
		s.rng = rand.New(rand.NewPCG(seed, uint64(n)))
		begun := time.Now()
		for range 20 + s.rng.IntN(40) {
			s.step()
		}
		if s.quiet(); t.Failed() {
			t.Fatalf("in schedule %d", n)
		}
		if testing.Verbose() {
			fmt.Println("schedule", n, time.Since(begun).Round(time.Millisecond))
		}
	}
	resets := 0
	for _, r := range s.readers {
		r.mu.Lock()
		resets += r.resets
		r.mu.Unlock()
	}
	t.Logf("%d schedules, %d documents written, %d snapshots", schedules, s.number, resets)
}

func stormOn(driver, bus string) string {
	return strings.NewReplacer("DRIVER", driver, "BUS", bus).Replace(stormConfig)
}

func TestLive_StormOnSQLite(t *testing.T) {
	t.Parallel()
	weather(t, 2, stormOn(fmt.Sprintf(`sqlite, url: "file:%s/storm.db"`, t.TempDir()), ""))
}

func TestLive_StormOnPostgres(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	weather(t, 3, stormOn(fmt.Sprintf("postgres, url: %q", postgrestest.In(t, server.URL())), ""), func() {
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLive_StormOnFerretDB(t *testing.T) {
	t.Parallel()
	redis, nats := redistest.Start(t), bustest.Start(t)
	for name, b := range map[string]struct {
		config string
		server interface {
			Kill() error
			Run() error
		}
	}{"redis": {"bus: { driver: redis, url: \"" + redis.URL() + "\" }", redis}, "nats": {"bus: { driver: nats, url: \"" + nats.URL() + "\" }", nats}} {
		t.Run(name, func(t *testing.T) {
			weather(t, 2, stormOn(fmt.Sprintf("mongo, url: %q", mongotest.Database(t)), b.config), func() {
				if err := b.server.Kill(); err != nil {
					t.Fatal(err)
				}
				if err := b.server.Run(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
