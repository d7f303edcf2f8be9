package crud_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/memory"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// pipelining is a database that runs operations together, and notes which. Those after one that fails are not run.
type pipelining struct {
	db.Driver
	sent []string
}

func (d *pipelining) Transaction(ctx context.Context, f func(db.Store) error) error {
	return d.Driver.Transaction(ctx, func(s db.Store) error { return f(pipeliningStore{s, d}) })
}

type pipeliningStore struct {
	db.Store
	of *pipelining
}

func (pipeliningStore) Pipelines() bool { return true }

func (s pipeliningStore) Pipeline(ctx context.Context, operations []*db.Operation, bytes int) error {
	var names []string
	for _, o := range operations {
		switch {
		case o.Find != nil:
			names = append(names, "find "+o.Collection.Name)
		case o.Insert != nil:
			names = append(names, fmt.Sprintf("%d %s", len(o.Insert), o.Collection.Name))
		case o.Update != nil:
			names = append(names, "update "+o.Collection.Name)
		default:
			names = append(names, "delete "+o.Collection.Name)
		}
	}
	s.of.sent = append(s.of.sent, strings.Join(names, ", "))
	for _, o := range operations {
		if err := o.Run(ctx, s.Store); err != nil {
			return err
		}
		for _, row := range o.Rows {
			bytes -= db.Size(row)
		}
		if bytes < 0 {
			return db.ErrTooLarge
		}
	}
	return nil
}

func checked(name, target string) crud.Field {
	f := to(name, target)
	f.Target = crud.CheckVisible
	return f
}

// together are collections of which each has something that hangs on the others.
var together = []described{
	{
		name: "teams", read: `doc.owner == auth.id || doc.open`, fields: []crud.Field{text("owner"), field("open", query.TypeBool), text("name")},
		writes:    map[rules.Op]string{rules.Create: `next.name != "no"`, rules.Update: `doc.owner == auth.id`, rules.Delete: `doc.owner == auth.id`},
		setCreate: map[string]string{"owner": "auth.id"},
		documents: []string{`{"id":"t1","owner":"ann","name":"one"}`, `{"id":"t2","owner":"bob","name":"two"}`, `{"id":"t3","owner":"bob","name":"three","open":true}`},
	},
	{
		name: "tasks", read: `doc.by == auth.id`, fields: []crud.Field{text("by"), checked("team", "teams"), text("title"), field("n", query.TypeInt)},
		writes: map[rules.Op]string{
			rules.Create: `exists("members", {"team": next.team, "user": auth.id})`, rules.Update: `doc.by == auth.id && !changed("by")`, rules.Delete: `doc.by == auth.id && doc.n < 5`,
		},
		setCreate: map[string]string{"by": "auth.id"},
		documents: []string{`{"id":"k1","by":"ann","team":"t1","title":"a","n":1}`, `{"id":"k2","by":"bob","team":"t2","title":"b","n":2}`, `{"id":"k3","by":"ann","team":"t1","title":"c","n":7}`},
	},
	{
		name: "members", read: `true`, fields: []crud.Field{text("team"), text("user")},
		writes:    map[rules.Op]string{rules.Create: "true", rules.Update: "true", rules.Delete: "true"},
		documents: []string{`{"id":"m1","team":"t1","user":"ann"}`, `{"id":"m2","team":"t3","user":"ann"}`},
	},
	{
		name: "shared", read: `exists("members", {"team": doc.team, "user": auth.id})`, fields: []crud.Field{text("team"), text("x")},
		writes:    map[rules.Op]string{rules.Create: "true", rules.Update: "true", rules.Delete: "true"},
		documents: []string{`{"id":"s1","team":"t1","x":"a"}`, `{"id":"s2","team":"t2","x":"b"}`},
	},
}

// startTogether returns two services with the same documents, of which one runs the operations of a batch together.
func startTogether(t *testing.T) (s, plain *crud.Service, sent *pipelining) {
	t.Helper()
	open := func() db.Driver {
		driver, err := memory.Open(t.Context(), db.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return driver
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	config := crud.Config{Limits: limits, Now: func() time.Time { return at }}
	sent = &pipelining{Driver: open()}
	return startOn(t, sent, together, config), startOn(t, open(), together, config), sent
}

// op writes an operation such as "create tasks k9 {…}", without its document where it has none.
func op(text string) string {
	parts := append(strings.SplitN(text, " ", 4), "", "")
	out := fmt.Sprintf(`{"op":%q,"collection":%q,"id":%q`, parts[0], parts[1], parts[2])
	if parts[3] != "" {
		out += `,"doc":` + parts[3]
	}
	return out + "}"
}

func opsOf(steps ...string) string {
	ops := make([]string, len(steps))
	for i, step := range steps {
		ops[i] = op(step)
	}
	return `{"ops":[` + strings.Join(ops, ",") + `]}`
}

// everything returns all documents.
func everything(t *testing.T, s *crud.Service) string {
	t.Helper()
	var out strings.Builder
	for _, c := range together {
		all, err := run(t, s, crud.Caller{Admin: true}, crud.Read{Collection: c.name, Params: crud.Params{"sort": "id"}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", all)
	}
	return out.String()
}

// TestBatch_SendsOperationsTogether: as many as can be, up to one that has to know what those before it have done.
func TestBatch_SendsOperationsTogether(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps []string
		sent  string
		code  string
	}{
		"changes of several collections": {
			[]string{`create members m9 {"team":"t2"}`, `create members m8 {"team":"t3"}`, `update teams t1 {"name":"x"}`, `delete tasks k1`, `create members m7 {}`},
			"2 members, update teams, delete tasks, 1 members", "",
		},
		"refs and rules are asked along": {
			[]string{`create tasks k8 {"team":"t1","n":1}`, `create tasks k9 {"team":"t1","n":2}`, `update tasks k9 {"n":3}`},
			"find members, find teams, 2 tasks, update tasks", "",
		},
		"and asked again after a change": {
			[]string{`create tasks k8 {"team":"t1"}`, `create members m9 {"team":"t2"}`, `create tasks k9 {"team":"t1"}`},
			"find members, find teams, 1 tasks, 1 members, find members, 1 tasks", "",
		},
		"one that hangs on one before": {
			[]string{`create teams t9 {"name":"nine"}`, `create members m9 {"team":"t9","user":"ann"}`, `create tasks k9 {"team":"t9"}`, `update teams t9 {"name":"9"}`},
			"1 teams, 1 members, find members, find teams, 1 tasks, update teams", "",
		},
		"a replace runs by itself": {
			[]string{`update teams t1 {"name":"x"}`, `replace members m1 {"team":"t1","user":"ann"}`, `delete members m2`},
			"update teams; delete members", "",
		},
		"so does a change of a stored value": {[]string{`update tasks k1 {"n":{"$inc":1}}`, `update tasks k1 {"n":2}`}, "update tasks", ""},
		"and what is shown by a lookup":      {[]string{`create shared s9 {"team":"t1"}`, `delete members m2`, `update shared s1 {"x":"y"}`}, "delete members", ""},
		"a member that is gone": {
			[]string{`delete members m1`, `create tasks k9 {"team":"t1"}`},
			"delete members, find members, find teams, 1 tasks", "forbidden",
		},
		"the second is taken":     {[]string{`create members m9 {}`, `create members m1 {}`, `delete members m9`}, "2 members, delete members", "conflict ops[1].id=unique"},
		"not one's own":           {[]string{`update teams t1 {"name":"x"}`, `update teams t2 {"name":"x"}`, `delete members m1`}, "update teams, update teams, delete members", "not_found"},
		"seen, and not one's own": {[]string{`update teams t1 {"name":"x"}`, `update teams t3 {"name":"x"}`}, "update teams, update teams", "forbidden"},
		"too much to delete":      {[]string{`delete tasks k1`, `delete tasks k3`}, "delete tasks, delete tasks", "forbidden"},
		"a ref that leads nowhere": {
			[]string{`create members m9 {"team":"t7","user":"ann"}`, `create tasks k9 {"team":"t7"}`},
			"1 members, find members, find teams, 1 tasks", "invalid ops[1].team=reference",
		},
		"a ref to what is hidden": {
			[]string{`create members m9 {"team":"t2","user":"ann"}`, `create tasks k9 {"team":"t2"}`},
			"1 members, find members, find teams, 1 tasks", "invalid ops[1].team=reference",
		},
		"a wrong document":       {[]string{`update teams t1 {"name":"x"}`, `create members m9 {"nam":"x"}`}, "update teams", "invalid ops[1].nam=unknown_field"},
		"what is wrong is later": {[]string{`create members m1 {}`, `create members m9 {"nam":"x"}`}, "1 members", "conflict ops[0].id=unique"},
	} {
		s, plain, sent := startTogether(t)
		before := everything(t, s)
		w := write{caller: "ann", op: "batch", body: opsOf(test.steps...)}
		got, err := w.do(t.Context(), s)
		if codeOf(err) != test.code || strings.Join(sent.sent, "; ") != test.sent {
			t.Errorf("%s: %q, sent %q, want %q and %q", name, codeOf(err), strings.Join(sent.sent, "; "), test.code, test.sent)
		}
		want, wrong := w.do(t.Context(), plain)
		if got != want || detailOf(err) != detailOf(wrong) {
			t.Errorf("%s: %s (%s), and one by one %s (%s)", name, got, detailOf(err), want, detailOf(wrong))
		}
		after := everything(t, s)
		if test.code != "" && after != before {
			t.Errorf("%s: a batch that failed has stored something:\n%s", name, after)
		}
		if test.code == "" && after != everything(t, plain) {
			t.Errorf("%s: stored are\n%s", name, after)
		}
	}
}

func detailOf(err error) string {
	var e *fault.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	return fmt.Sprint(e.Code, e.Detail, e.Fields)
}

// TestBatch_TogetherIsAsOneByOne draws batches, and compares the answer and what is stored with those of a database that runs
// operations one by one.
func TestBatch_TogetherIsAsOneByOne(t *testing.T) {
	t.Parallel()
	const batches = 1500
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	of := func(words ...string) string { return words[r.IntN(len(words))] }
	fields := map[string]func() string{
		"teams": func() string {
			return fmt.Sprintf(`{"name":%q,"open":%t}`, of("x", "y", "no"), r.IntN(2) == 0)
		},
		"tasks":   func() string { return fmt.Sprintf(`{"team":%q,"n":%d}`, of("t1", "t1", "t1", "t2", "t4"), r.IntN(9)) },
		"members": func() string { return fmt.Sprintf(`{"team":%q,"user":%q}`, of("t1", "t2", "t4"), of("ann", "bob")) },
		"shared":  func() string { return fmt.Sprintf(`{"team":%q}`, of("t1", "t2")) },
	}
	patches := map[string]func() string{
		"teams": fields["teams"], "members": fields["members"], "shared": fields["shared"],
		"tasks": func() string {
			return of(fmt.Sprintf(`{"n":%d}`, r.IntN(9)), `{"n":{"$inc":1}}`, `{"by":"bob"}`, `{"team":"t3"}`, `{"title":"z"}`)
		},
	}
	s, plain, sent := startTogether(t)
	stored, refused := 0, 0
	for n := range batches {
		if n%10 == 9 {
			sent.sent = nil
			s, plain, sent = startTogether(t)
		}
		steps := make([]string, 1+r.IntN(8))
		for i := range steps {
			c := of("teams", "tasks", "members", "shared", "tasks", "tasks")
			id := strings.ToLower(c[:1]) + of("1", "1", "2", "3")
			if c == "tasks" {
				id = fmt.Sprint("k", 1+r.IntN(30))
			}
			if r.IntN(2) == 0 { // what the others hang on
				steps[i] = of("delete members m1", `update members m1 {"team":"t2"}`, `update teams t1 {"owner":"bob"}`, `create members m9 {"team":"t1","user":"ann"}`,
					fmt.Sprintf(`create tasks k%d {"team":"t1","n":1}`, 10+r.IntN(90)), fmt.Sprintf(`create tasks k%d {"team":"t1"}`, 10+r.IntN(90)))
				continue
			}
			switch r.IntN(8) {
			case 0, 1, 2:
				steps[i] = "create " + c + " " + id + " " + fields[c]()
			case 3, 4, 5:
				steps[i] = "update " + c + " " + id + " " + patches[c]()
			case 6:
				steps[i] = "replace " + c + " " + id + " " + fields[c]()
			default:
				steps[i] = "delete " + c + " " + id
			}
		}
		w := write{caller: of("ann", "bob", "ann"), op: "batch", body: opsOf(steps...)}
		got, err := w.do(t.Context(), s)
		want, wrong := w.do(t.Context(), plain)
		if got != want || detailOf(err) != detailOf(wrong) {
			t.Fatalf("seed %d, batch %d, %s: %v: together %s (%s), one by one %s (%s)", seed, n, w.caller, steps, got, detailOf(err), want, detailOf(wrong))
		}
		if stored++; err != nil {
			stored--
			refused++
		}
		if n%10 == 8 && everything(t, s) != everything(t, plain) {
			t.Fatalf("seed %d, batch %d: %v: stored are\n%s, and one by one\n%s", seed, n, steps, everything(t, s), everything(t, plain))
		}
	}
	if stored < batches/20 || refused < batches/20 {
		t.Errorf("seed %d: %d batches were stored and %d refused, so that little was tested", seed, stored, refused)
	}
}
