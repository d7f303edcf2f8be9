package test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	_ "github.com/basalt-dev/basalt/modules/db/dbtest" // the snippets need it
	basalt "github.com/basalt-dev/basalt/sdk/go"
	_ "github.com/basalt-dev/basalt/sdk/go/worker" // and this
	"github.com/basalt-dev/basalt/server/servertest"
)

// goSnippets are what the documentation shows in Go: what stands after each, so that it compiles, and what it prints
// while meanwhile does its part. One without prints is compiled alone.
var goSnippets = []struct {
	chapter   string
	number    int
	before    string
	after     string
	meanwhile func(t *testing.T, url string)
	prints    string
}{
	{chapter: "sdk/go/README.md", after: "_, _ = open, err", prints: "1 <nil>"},
	{chapter: "sdk/go/worker/README.md", after: "_ = err", meanwhile: order, prints: "orders.created 1"},
	{chapter: "modules/services/README.md", after: "_ = err"},
	{chapter: "modules/services/README.md", number: 1, after: "fmt.Println(receipt, err)", prints: "{7} <nil>", before: worker},
	{chapter: "modules/files/README.md", before: "type Avatar struct{ ID, Alt string }", after: "_, _ = body, err"},
	{chapter: "modules/events/README.md", after: `_ = billing.Run(ctx, "nats://127.0.0.1:4222")`, meanwhile: order, prints: "orders.created tea 1"},
	{chapter: "modules/db/README.md", before: "var openEmpty func(testing.TB) db.Driver", after: "_ = TestDriver"},
	{chapter: "modules/db/README.md", number: 1, before: "var render func(sqltest.Question) (string, []any)", after: "_ = TestStatements"},
}

// worker answers the call of a snippet.
const worker = `
serving, stop := context.WithCancel(ctx)
defer stop()
go serve(serving)
for {
	if _, err := basalt.Call[Receipt](ctx, client, "billing.charge", Charge{}); err == nil {
		break
	}
	time.Sleep(50 * time.Millisecond)
}
`

// around makes programs of the snippets.
const around = `package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/sql/sqltest"
	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/sdk/go/worker"
)

type Charge struct {
	Account string ` + "`json:\"account\"`" + `
	Amount  int    ` + "`json:\"amount\"`" + `
}

type Receipt struct{ Paid int }

type OrderEvent struct {
	Doc struct{ Item string }
}

func main() {
	log.SetFlags(0)
	log.SetOutput(os.Stdout)
	snippets[os.Args[1]](context.Background(), basalt.New(os.Getenv("BASALT_URL")))
}

func serve(ctx context.Context) {
	w := worker.New("billing")
	worker.Handle(w, "charge", func(_ context.Context, _ *worker.Call, p Charge) (Receipt, error) { return Receipt{p.Amount}, nil })
	_ = w.Run(ctx, "nats://127.0.0.1:4222")
}

// What no snippet may need.
var (
	_ = fmt.Println
	_ = time.Now
	_ testing.TB
	_ db.Driver
	_ = dbtest.Run
	_ sqltest.Question
)

var snippets = map[string]func(ctx context.Context, client *basalt.Client){
`

const snippetConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { providers: { password: {} } }
bus: { driver: nats, url: "BUS" }
log: { level: error }
collections:
  todos:  { fields: { title: { type: string }, done: { type: bool, default: false }, created: { type: time, default: "now()" } }, rules: { read: 'true', create: 'true' } }
  orders: { fields: { item: { type: string } }, rules: { read: 'true', create: 'true' } }
services: { billing: { driver: nats, url: "BUS", functions: { charge: { rule: 'true', params: { account: { type: string }, amount: { type: int } } } } } }
events: { ordered: { on: orders.created, stream: orders } }
`

func order(t *testing.T, url string) {
	body, err := json.Marshal(map[string]string{"item": "tea"})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+"/v1/db/orders", "application/json", bytes.NewReader(body))
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
}

var (
	goBlock    = regexp.MustCompile("(?s)```go\n(.*?)```")
	importLine = regexp.MustCompile(`(?m)^import .*\n`)
)

// TestSnippets_OfTheDocumentationRun compiles every snippet of every README.md in Go, runs it against a real server,
// and compares what it prints.
func TestSnippets_OfTheDocumentationRun(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	nats := bustest.Start(t).URL()
	ours := strings.NewReplacer(`"nats://127.0.0.1:4222"`, fmt.Sprintf("%q", nats), `"http://localhost:4122"`, `os.Getenv("BASALT_URL")`)
	text, known := around, map[string]int{}
	for i, s := range goSnippets {
		source, err := os.ReadFile(filepath.Join(root, s.chapter))
		if err != nil {
			t.Fatal(err)
		}
		known[s.chapter]++
		code := importLine.ReplaceAllString(goBlock.FindAllStringSubmatch(string(source), -1)[s.number][1], "")
		if strings.HasPrefix(code, "func ") { // of a test; as a value in a function
			code = regexp.MustCompile(`^func (\w+)`).ReplaceAllString(code, "$1 := func")
		}
		text += fmt.Sprintf("\"%d\": func(ctx context.Context, client *basalt.Client) {\n%s\n{\n%s\n%s\n}\n},\n", i, s.before, code, s.after)
	}
	forEachChapter(t, root, func(chapter, source string) {
		if n := len(goBlock.FindAllString(source, -1)); n != known[chapter] {
			t.Errorf("%s has %d snippets in Go, and goSnippets has %d of it: say there what is printed", chapter, n, known[chapter])
		}
	})
	program := compile(t, ours.Replace(text+"}\n"))
	server := servertest.Start(t, strings.ReplaceAll(snippetConfig, "BUS", nats))
	client := basalt.New(server.URL)
	if _, err := client.Auth.SignUp(t.Context(), "ada@example.com", "correct horse"); err != nil {
		t.Fatal(err)
	}
	if _, err := basalt.Collection[map[string]any](client, "todos").Add(t.Context(), map[string]any{"title": "milk"}); err != nil {
		t.Fatal(err)
	}
	for i, s := range goSnippets {
		if s.prints == "" {
			continue
		}
		if s.meanwhile != nil {
			s.meanwhile(t, server.URL)
		}
		if out := output(t, program, fmt.Sprint(i), server.URL, s.prints); !strings.Contains(out, s.prints) {
			t.Errorf("snippet %d of %s prints %q, and no %q", s.number, s.chapter, out, s.prints)
		}
	}
}

// forEachChapter calls f with every README.md of the repository.
func forEachChapter(t *testing.T, root string, f func(chapter, source string)) {
	t.Helper()
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for chapter := range strings.FieldsSeq(string(out)) {
		source, err := os.ReadFile(filepath.Join(root, chapter))
		if err != nil {
			t.Fatal(err)
		}
		f(chapter, string(source))
	}
}

// compile builds a program in this module, which it is not a file of.
func compile(t *testing.T, text string) string {
	t.Helper()
	dir, here := t.TempDir(), filepath.Join("snippets", "main.go")
	at, err := filepath.Abs(here)
	if err != nil {
		t.Fatal(err)
	}
	file, overlay, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "snippets")
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {at: file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{file: []byte(text), overlay: replaced} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", program, "./snippets").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// output runs a snippet until it has printed what it should, or ends by itself.
func output(t *testing.T, program, number, url, want string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	out := &printed{want: want, done: stop}
	cmd := exec.CommandContext(ctx, program, number)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "BASALT_URL="+url), out, out
	_ = cmd.Run() // it is ended
	return out.text.String()
}

// printed is what a program has printed so far.
type printed struct {
	want string
	done func()

	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.text.Write(b)
	if bytes.Contains(p.text.Bytes(), []byte(p.want)) {
		p.done()
	}
	return n, err
}
