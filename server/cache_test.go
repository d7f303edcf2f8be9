package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const cacheConfig = `
databases: { main: { driver: DRIVER } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h }, providers: { password: {} } }
admin: { keys: ["admin-key-admin-key"] }
limits: { user_connections: 2000 }
REDIS
collections:
  notes:
    cache: { ttl: 30s, stale: 5m }
    fields:
      team: { type: string, index: true }
      author: { type: string }
      title: { type: string }
      secret: { type: string }
      hits: { type: int, default: 0 }
    rules:
      read: 'doc.team in auth.teams || exists("members", {"team": doc.team, "user": auth.id})'
      create: 'auth != nil'
      update: 'doc.author == auth.id'
      delete: 'doc.author == auth.id'
    fields_readable: { secret: 'doc.author == auth.id' }
  members:
    fields: { team: { type: string }, user: { type: string } }
  news:
    cache: { ttl: 30s }
    fields: { title: { type: string }, hits: { type: int, default: 0 } }
    rules: { read: 'true', update: 'auth != nil' }
  timed:
    cache: { ttl: 30s }
    fields: { until: { type: time } }
    rules: { read: 'doc.until > now()' }
`

func cacheServer(t *testing.T, driver, redis string) string {
	if redis != "" {
		redis = fmt.Sprintf("redis: { url: %q }", redis)
	}
	return strings.NewReplacer("DRIVER", driver, "REDIS", redis).Replace(cacheConfig)
}

// asked returns how many times the database was asked for documents.
func asked(t *testing.T, nodes ...*servertest.Instance) int {
	t.Helper()
	n := 0
	for _, s := range nodes {
		text := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body
		for _, m := range regexp.MustCompile(`basalt_db_call_seconds_count\{call="(?:find|count|aggregate)",database="main"\} (\d+)`).FindAllStringSubmatch(text, -1) {
			one, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			n += one
		}
	}
	return n
}

func eachCache(t *testing.T, f func(t *testing.T, s *servertest.Instance)) {
	t.Run("memory", func(t *testing.T) { f(t, servertest.Start(t, cacheServer(t, `sqlite, url: "file:test.db"`, ""))) })
	t.Run("redis", func(t *testing.T) {
		f(t, servertest.Start(t, cacheServer(t, `sqlite, url: "file:test.db"`, redistest.Start(t).URL())))
	})
}

// TestCache_IsAsPrivateAsTheRule: every user gets what they would get without it, in any order and again and again.
func TestCache_IsAsPrivateAsTheRule(t *testing.T) {
	t.Parallel()
	eachCache(t, func(t *testing.T, s *servertest.Instance) {
		token := func(id string, teams ...string) string {
			return s.Token(map[string]any{"sub": id, "teams": teams})
		}
		ann, ben, cid, dan := token("ann", "red"), token("ben", "red"), token("cid", "blue"), token("dan")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `[{"id":"1","team":"red","author":"ann","title":"one","secret":"s1"},{"id":"2","team":"blue","author":"cid","title":"two","secret":"s2"}]`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"id":"m","team":"blue","user":"dan"}`})
		type view struct {
			token, path, has, not string
			status                int
		}
		views := []view{
			{ann, "/v1/db/notes/1", `"s1"`, "", 200}, {ben, "/v1/db/notes/1", `"one"`, "s1", 200}, {cid, "/v1/db/notes/1", "", "one", 404},
			{"", "/v1/db/notes/1", "", "one", 404}, {dan, "/v1/db/notes/2", `"two"`, "s2", 200}, {ann, "/v1/db/notes/2", "", "two", 404},
			{admin, "/v1/db/notes/1", `"s1"`, "", 200}, {ann, "/v1/db/notes", `"one"`, "two", 200}, {cid, "/v1/db/notes", `"two"`, "one", 200},
			{dan, "/v1/db/notes?select=title", `"two"`, "team", 200}, {admin, "/v1/db/notes?count=true", `"total":2`, "", 200},
			{ann, "/v1/db/notes?count=true", `"total":1`, "two", 200}, {ben, "/v1/db/notes?filter=title=='one'", `"one"`, "s1", 200},
			{cid, "/v1/db/notes?filter=title=='one'", `"items":[]`, `"one"`, 200},
		}
		for range 4 {
			rand.Shuffle(len(views), func(i, j int) { views[i], views[j] = views[j], views[i] })
			for _, v := range views {
				a := s.Want(t, v.status, call{Method: "GET", Path: strings.ReplaceAll(v.path, "'", "%22"), Token: v.token})
				if !strings.Contains(a.Body, v.has) || v.not != "" && strings.Contains(a.Body, v.not) {
					t.Errorf("%s: got %s", v.path, a.Body)
				}
				if strings.HasPrefix(a.Header.Get("Cache-Control"), "public") {
					t.Errorf("%s may be kept by strangers", v.path)
				}
			}
		}
		// All of it is kept by now, or soon: the database is asked where Redis takes too long, as it may on a busy machine.
		servertest.Eventually(t, "the database is not asked for what is kept", func() bool {
			before := asked(t, s)
			for _, v := range views {
				s.Want(t, v.status, call{Method: "GET", Path: strings.ReplaceAll(v.path, "'", "%22"), Token: v.token})
			}
			return asked(t, s) == before
		})
		// A membership that ends, ends what hangs on it.
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/members/m", Token: admin})
		s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/2", Token: dan})
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?select=title", Token: dan}).Body; strings.Contains(got, "two") {
			t.Errorf("got %s", got)
		}
	})
}

func TestCache_ShowsWritesAtOnce(t *testing.T) {
	t.Parallel()
	eachCache(t, func(t *testing.T, s *servertest.Instance) {
		ann := s.Token(map[string]any{"sub": "ann", "teams": []string{"red"}})
		s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/1", Token: ann})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"1","team":"red","author":"ann","title":"one"}`})
		for i := range 20 {
			title := fmt.Sprint("t", i)
			var write call
			switch i % 4 {
			case 0:
				write = call{Method: "PATCH", Path: "/v1/db/notes/1", Body: map[string]any{"title": title}}
			case 1:
				write = call{Method: "PUT", Path: "/v1/db/notes/1", Body: map[string]any{"team": "red", "author": "ann", "title": title}}
			case 2:
				write = call{Method: "PATCH", Path: "/v1/db/notes?filter=author==%22ann%22", Body: map[string]any{"title": title}}
			case 3:
				write = call{Method: "POST", Path: "/v1/batch", Body: map[string]any{"ops": []any{map[string]any{"op": "update", "collection": "notes", "id": "1", "doc": map[string]any{"title": title}}}}}
			}
			write.Token = ann
			answer := s.Want(t, 200, write)
			if answer.Header.Get("X-Basalt-Seen") == "" {
				t.Errorf("%s %s does not say from when on it is seen", write.Method, write.Path)
			}
			for _, path := range []string{"/v1/db/notes/1", "/v1/db/notes"} {
				if got := s.Want(t, 200, call{Method: "GET", Path: path, Token: ann}).Body; !strings.Contains(got, title) {
					t.Fatalf("after %s %s: %s", write.Method, title, got)
				}
			}
		}
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/notes/1", Token: ann})
		s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/1", Token: ann})
		s.Want(t, 422, call{Method: "GET", Path: "/v1/db/notes/1", Token: ann, Header: map[string]string{"X-Basalt-Seen": "notes=x"}})
	})
}

func TestCache_TellsOthersWhatTheyMayKeep(t *testing.T) {
	t.Parallel()
	eachCache(t, func(t *testing.T, s *servertest.Instance) {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/news", Token: admin, Body: `{"id":"1","title":"one"}`})
		for _, path := range []string{"/v1/db/news/1", "/v1/db/news?sort=title"} {
			a := s.Want(t, 200, call{Method: "GET", Path: path})
			if control := a.Header.Get("Cache-Control"); !strings.HasPrefix(control, "public, max-age=0, s-maxage=") || a.Header.Get("ETag") == "" {
				t.Errorf("%s: %s, %s", path, control, a.Header.Get("ETag"))
			}
			if head := s.Want(t, 200, call{Method: "HEAD", Path: path}); head.Header.Get("ETag") != a.Header.Get("ETag") || !strings.HasPrefix(head.Header.Get("Cache-Control"), "public, ") || head.Body != "" {
				t.Errorf("HEAD %s: %v", path, head.Header)
			}
			same := map[string]string{"If-None-Match": a.Header.Get("ETag")}
			for _, method := range []string{"GET", "HEAD"} {
				if got := s.Want(t, 304, call{Method: method, Path: path, Header: same}); got.Body != "" {
					t.Errorf("got %q", got.Body)
				}
			}
			if control := s.Want(t, 200, call{Method: "GET", Path: path, Token: admin}).Header.Get("Cache-Control"); strings.HasPrefix(control, "public") {
				t.Errorf("what an administrator sees may be kept by others: %s", control)
			}
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/news/1", Token: admin, Body: map[string]any{"title": path}})
			s.Want(t, 200, call{Method: "GET", Path: path, Header: same})
		}
		// What depends on the time is not kept.
		path, shown := "", false
		for wait := 500 * time.Millisecond; !shown && wait < time.Minute; wait *= 2 { // on a slow machine it may be over at once
			path = "/v1/db/timed/" + wait.String()
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/timed", Token: admin, Body: map[string]any{"id": wait.String(), "until": time.Now().Add(wait)}})
			shown = s.Do(t, call{Method: "GET", Path: path}).Status == 200
		}
		if !shown {
			t.Fatal("it is never shown")
		}
		eventually(t, "it is gone", func() bool { return s.Do(t, call{Method: "GET", Path: path}).Status == 404 })
	})
}

// TestCache_ListsLoseWhatLeavesThem: what does not fit a list any more is gone from it, whatever its values are.
func TestCache_ListsLoseWhatLeavesThem(t *testing.T) {
	t.Parallel()
	eachCache(t, func(t *testing.T, s *servertest.Instance) {
		titles := []string{"plain", "a:b", "a\nlist", "notes:1", "x,y=z", `"quoted"`, "é"}
		for i, title := range titles {
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/news", Token: admin, Body: map[string]any{"id": fmt.Sprint("n", i), "title": title}})
		}
		ask := func(title string) []string {
			t.Helper()
			return s.Want(t, 200, call{Method: "POST", Path: "/v1/db/news/query", Body: map[string]any{"where": map[string]any{"title": title}}}).IDs(t)
		}
		figures := func() string {
			t.Helper()
			return s.Want(t, 200, call{Method: "POST", Path: "/v1/db/news/aggregate", Body: `{"count":true,"sum":["hits"]}`}).Body
		}
		for i, title := range titles {
			for range 2 {
				if got := ask(title); len(got) != 1 || got[0] != fmt.Sprint("n", i) {
					t.Errorf("%q: got %v", title, got)
				}
			}
			before := figures()
			s.Want(t, 200, call{Method: "PATCH", Path: fmt.Sprint("/v1/db/news/n", i), Token: admin, Body: map[string]any{"title": "moved", "hits": map[string]int{"$inc": 1}}})
			if got := ask(title); len(got) != 0 {
				t.Errorf("%q has left, and is shown: %v", title, got)
			}
			if got := ask("moved"); len(got) != i+1 {
				t.Errorf("%d have moved, and %d are shown", i+1, len(got))
			}
			if figures() == before {
				t.Errorf("the figures stay at %s", before)
			}
		}
	})
}

// TestCache_TellsReadsApart: an address that is asked in two ways has two answers, for each caller; and a session
// that has ended gets none.
func TestCache_TellsReadsApart(t *testing.T) {
	t.Parallel() // most of it is waiting
	eachCache(t, func(t *testing.T, s *servertest.Instance) {
		ann, ben := s.Token(map[string]any{"sub": "ann", "teams": []string{"red"}}), s.Token(map[string]any{"sub": "ben"})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `[{"id":"query","team":"red","title":"a document"},{"id":"1","team":"red","title":"other"}]`})
		for range 3 {
			s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/query", Token: ben})
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/query", Token: ann}).Body; !strings.Contains(got, "a document") {
				t.Errorf("got %s", got)
			}
			if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/notes/query", Token: ann, Body: `{"where":{"id":"1"}}`}).IDs(t); fmt.Sprint(got) != "[1]" {
				t.Errorf("got %v", got)
			}
			if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/notes/query", Token: ann, Body: `{"where":{"id":"query"}}`}).IDs(t); fmt.Sprint(got) != "[query]" {
				t.Errorf("got %v", got)
			}
			if a := s.Want(t, 200, call{Method: "HEAD", Path: "/v1/db/notes/query", Token: ann}); a.Body != "" {
				t.Errorf("got %s", a.Body)
			}
			s.Want(t, 401, call{Method: "GET", Path: "/v1/db/notes/query", Token: ann + "x"})
		}
		// Tokens of a session that ends.
		var session struct {
			Access string `json:"access_token"`
			User   struct{ ID string }
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"cid@example.com","password":"correct horse battery"}`}).Decode(t, &session)
		for range 3 {
			s.Want(t, 200, call{Method: "GET", Path: "/v1/db/news", Token: session.Access})
		}
		s.Want(t, 204, call{Method: "POST", Path: "/v1/admin/users/" + session.User.ID + "/signout", Token: admin})
		eventually(t, "the token is refused", func() bool {
			return s.Do(t, call{Method: "GET", Path: "/v1/db/news", Token: session.Access}).Status == 401
		})
	})
}

// TestCache_HearsOfOtherNodes that write to a database which tells nothing: over the bus.
func TestCache_HearsOfOtherNodes(t *testing.T) {
	t.Parallel() // most of it is waiting
	redis := redistest.Start(t)
	for name, more := range map[string]string{"own caches": "", "one cache": fmt.Sprintf("redis: { url: %q }", redis.URL())} {
		t.Run(name, func(t *testing.T) {
			config := servertest.Write(t, cacheServer(t, fmt.Sprintf("mongo, url: %q", mongotest.Database(t)), "")+more+fmt.Sprintf("\nbus: { driver: redis, url: %q }\n", redis.URL()))
			one, two := servertest.StartFile(t, config), servertest.StartFile(t, config)
			one.Want(t, 201, call{Method: "POST", Path: "/v1/db/news", Token: admin, Body: `{"id":"1","title":"t0"}`})
			for n := 1; n <= 5; n++ {
				two.Want(t, 200, call{Method: "GET", Path: "/v1/db/news/1"})
				title := fmt.Sprint("t", n)
				one.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/news/1", Token: admin, Body: map[string]string{"title": title}})
				eventually(t, "the other node shows "+title, func() bool {
					return strings.Contains(two.Want(t, 200, call{Method: "GET", Path: "/v1/db/news/1"}).Body, title)
				})
			}
		})
	}
}

// dumpTable returns what a table of a PostgreSQL database has, as text.
func dumpTable(t *testing.T, url, table string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var text string
	if err := conn.QueryRow(t.Context(), "SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM "+pgx.Identifier{table}.Sanitize()+" t").Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
