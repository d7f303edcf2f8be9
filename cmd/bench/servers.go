package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/auth/token"
	_ "github.com/basalt-dev/basalt/modules/db/postgres"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	_ "github.com/basalt-dev/basalt/modules/files/local"
	"github.com/basalt-dev/basalt/server"
)

const secret = "benchmark-benchmark-benchmark-32"

const config = `
databases: { main: { driver: DRIVER, url: "URL" } }
auth: { tokens: { secret: "` + secret + `" }, providers: { password: {} } }
log: { level: error }
limits: { user_connections: 20000 }
collections:
  notes:
    CACHE
    fields:
      owner:   { type: string, index: true }
      title:   { type: string, required: true, max: 200 }
      body:    { type: string }
      stars:   { type: int, default: 0, min: 0 }
      done:    { type: bool, default: false }
      created: { type: time, default: "now()" }
    set: { create: { owner: auth.id } }
    rules:
      read:   'doc.owner == auth.id'
      create: 'auth != nil'
      update: 'doc.owner == auth.id && !changed("owner")'
      delete: 'doc.owner == auth.id'
`

// indexes are what an admin would add for the list that is measured, on both sides.
const indexes = "CREATE INDEX IF NOT EXISTS notes_list ON notes (owner, created DESC, id DESC)"

// tokens are the same in every process of one hour.
var tokens = sync.OnceValue(func() []string {
	authority, err := token.NewAuthority("HS256", []byte(secret))
	if err != nil {
		panic(err) // impossible: the key is a constant
	}
	signer := token.Signer{Authority: authority, Lifetime: 2 * time.Hour}
	out := make([]string, owners)
	for i := range out {
		if out[i], err = signer.Sign(map[string]any{"sub": ownerName(i)}, time.Now().Truncate(time.Hour)); err != nil {
			panic(err) // impossible: the claims are constants
		}
	}
	return out
})

func tokenOf(worker int) string { return tokens()[worker%owners] }

// serve is one server, until an interrupt.
func serve(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	collect := make(chan os.Signal, 1)
	signal.Notify(collect, syscall.SIGUSR1)
	defer signal.Stop(collect)
	go func() { // ends with the process
		for range collect {
			debug.FreeOSMemory()
		}
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if o.Role == "sendfile" {
		fmt.Println("http://" + listener.Addr().String())
		return serveFile(ctx, o.Dir, listener)
	}
	path := filepath.Join(o.Dir, "basalt.yaml")
	if o.Role == "files" {
		return serveFiles(ctx, path, listener)
	}
	url := o.URL
	if o.Database == "sqlite" {
		url = "file:data/bench.db"
	}
	content := strings.NewReplacer("DRIVER", o.Database, "URL", url, "CACHE", map[bool]string{true: "cache: { ttl: 10m }"}[o.Role == "cached"]).Replace(config)
	if o.Role == "copied" {
		content += "backups: { to: copies, continuous: true }\n"
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return err
	}
	s, err := server.New(ctx, path, server.Options{Version: "bench", Log: os.Stderr}) // makes the tables
	if err != nil {
		return err
	}
	start := bare
	if o.Role == "memory" {
		start = func(string) (*fiber.App, error) { return bareMemory(), nil }
	}
	database := filepath.Join(o.Dir, "data", "bench.db")
	if o.Database == "postgres" {
		if o.Role != "memory" {
			start = barePostgres
		}
		database = o.URL
		err = fillPostgres(ctx, database, o.Documents)
	} else {
		err = fill(database, o.Documents)
	}
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String()
	if o.Profile != "" {
		f, err := os.Create(o.Profile + "." + filepath.Base(o.Dir))
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if isBasalt(o.Role) {
		s.Tune()
		fmt.Println(address)
		return s.Run(ctx, listener, nil)
	}
	if err := s.Close(); err != nil {
		return err
	}
	app, err := start(database)
	if err != nil {
		return err
	}
	fmt.Println(address)
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return errors.Join(app.Shutdown(), <-served)
	}
}

// serveFiles is a node with files and nothing else.
func serveFiles(ctx context.Context, path string, listener net.Listener) error {
	if err := os.WriteFile(path, []byte(filesConfig), 0o600); err != nil {
		return err
	}
	s, err := server.New(ctx, path, server.Options{Version: "bench", Log: os.Stderr})
	if err != nil {
		return err
	}
	s.Tune()
	fmt.Println("http://" + listener.Addr().String())
	return s.Run(ctx, listener, nil)
}

const setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA busy_timeout = 5000;"

func fill(path string, documents int) error {
	c, err := sqlite3.Open("file:" + path)
	if err != nil {
		return err
	}
	if err := c.Exec(setup + indexes + "; BEGIN"); err != nil {
		return err
	}
	insert, _, err := c.Prepare(`INSERT INTO notes (id, owner, title, body, stars, done, created) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for i := range documents {
		err := errors.Join(insert.BindText(1, documentID(i)), insert.BindText(2, ownerName(i)), insert.BindText(3, "note "+documentID(i)),
			insert.BindText(4, "some text that is neither long nor short, as people write it"), insert.BindInt(5, i%10), insert.BindBool(6, i%3 == 0),
			insert.BindInt64(7, int64(1_700_000_000_000_000+i)), insert.Exec())
		if err != nil {
			return err
		}
	}
	return errors.Join(insert.Close(), c.Exec("COMMIT; ANALYZE"), c.Close())
}

// session is a connection with the statements of the bare handler.
type session struct {
	conn                      *sqlite3.Conn
	get, list, create, update *sqlite3.Stmt
}

const columns = "id, owner, title, body, stars, done, created"

func newSession(path string) (*session, error) {
	c, err := sqlite3.Open("file:" + path)
	if err != nil {
		return nil, err
	}
	if err := c.Exec(setup); err != nil {
		return nil, err
	}
	s := &session{conn: c}
	for _, p := range []struct {
		into **sqlite3.Stmt
		sql  string
	}{
		{&s.get, "SELECT " + columns + " FROM notes WHERE id = ? AND owner = ? LIMIT 1"},
		{&s.list, "SELECT " + columns + " FROM notes WHERE done = ? AND owner = ? ORDER BY created DESC, id DESC LIMIT 21"},
		{&s.create, "INSERT INTO notes (" + columns + ") VALUES (?, ?, ?, ?, ?, ?, ?)"},
		{&s.update, "UPDATE notes SET stars = ? WHERE id = ? AND owner = ? RETURNING " + columns},
	} {
		if *p.into, _, err = c.PrepareFlags(p.sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// note is a document as the bare handler decodes and encodes it.
type note struct {
	ID      string    `json:"id"`
	Owner   string    `json:"owner"`
	Title   string    `json:"title"`
	Body    string    `json:"body"`
	Stars   int64     `json:"stars"`
	Done    bool      `json:"done"`
	Created time.Time `json:"created"`
}

func scan(s *sqlite3.Stmt) []note {
	var out []note
	for s.Step() {
		out = append(out, note{s.ColumnText(0), s.ColumnText(1), s.ColumnText(2), s.ColumnText(3), s.ColumnInt64(4), s.ColumnBool(5), time.UnixMicro(s.ColumnInt64(6)).UTC()})
	}
	return out
}

// bare is what one would write by hand: Fiber, SQLite, one writer and a pool of readers, the
// owner in every statement. It finds the caller in a table, as if all tokens had been verified.
func bare(path string) (*fiber.App, error) {
	callers := map[string]string{}
	for i, t := range tokens() {
		callers["Bearer "+t] = ownerName(i)
	}
	readers := make(chan *session, 4)
	for range cap(readers) {
		s, err := newSession(path)
		if err != nil {
			return nil, err
		}
		readers <- s
	}
	writer, err := newSession(path)
	if err != nil {
		return nil, err
	}
	var writing sync.Mutex
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/v1/db/notes/:id", func(c *fiber.Ctx) error {
		s := <-readers
		err := errors.Join(s.get.BindText(1, c.Params("id")), s.get.BindText(2, callers[c.Get("Authorization")]))
		notes := scan(s.get)
		err = errors.Join(err, s.get.Reset())
		readers <- s
		if err != nil || len(notes) == 0 {
			return errors.Join(err, fiber.ErrNotFound)
		}
		return c.JSON(notes[0])
	})
	app.Get("/v1/db/notes", func(c *fiber.Ctx) error {
		s := <-readers
		err := errors.Join(s.list.BindBool(1, false), s.list.BindText(2, callers[c.Get("Authorization")]))
		notes := scan(s.list)
		err = errors.Join(err, s.list.Reset())
		readers <- s
		if err != nil {
			return err
		}
		return c.JSON(fiber.Map{"items": notes[:min(20, len(notes))], "next": len(notes) > 20})
	})
	app.Post("/v1/db/notes", func(c *fiber.Ctx) error {
		n := note{ID: uuid.Must(uuid.NewV7()).String(), Owner: callers[c.Get("Authorization")], Created: time.Now().UTC()}
		if err := c.BodyParser(&n); err != nil {
			return err
		}
		writing.Lock()
		s := writer.create
		err := errors.Join(s.BindText(1, n.ID), s.BindText(2, n.Owner), s.BindText(3, n.Title), s.BindText(4, n.Body), s.BindInt64(5, n.Stars),
			s.BindBool(6, n.Done), s.BindInt64(7, n.Created.UnixMicro()), s.Exec())
		writing.Unlock()
		if err != nil {
			return err
		}
		return c.Status(fiber.StatusCreated).JSON(n)
	})
	app.Patch("/v1/db/notes/:id", func(c *fiber.Ctx) error {
		var n note
		if err := c.BodyParser(&n); err != nil {
			return err
		}
		writing.Lock()
		s := writer.update
		err := errors.Join(s.BindInt64(1, n.Stars), s.BindText(2, c.Params("id")), s.BindText(3, callers[c.Get("Authorization")]))
		notes := scan(s)
		err = errors.Join(err, s.Reset())
		writing.Unlock()
		if err != nil || len(notes) == 0 {
			return errors.Join(err, fiber.ErrNotFound)
		}
		return c.JSON(notes[0])
	})
	return app, nil
}
