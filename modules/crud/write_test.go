package crud_test

import (
	"context"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// desk has a rule for every operation, a forced field, a field with a mask and one that few may write.
var desk = []described{
	{
		name: "tasks", read: `doc.owner == auth.id || doc.state == "public"`,
		fields: []crud.Field{
			text("owner"), {Field: schema.Field{Name: "title", Type: query.TypeString, Required: true, Max: query.Int(8)}}, text("state"),
			field("n", query.TypeInt), text("secret"), text("grade"), field("j", query.TypeJSON), field("at", query.TypeTime),
			{Field: schema.Field{Name: "code", Type: query.TypeString}, Unique: true}, field("hidden", query.TypeInt),
		},
		writes: map[rules.Op]string{
			rules.Create: `auth != nil && next.state != "closed"`,
			rules.Update: `doc.owner == auth.id && doc.state != "closed" && !changed("owner")`,
			rules.Delete: `doc.owner == auth.id`,
		},
		readable:  map[string]string{"secret": `doc.owner == auth.id`, "hidden": `auth.id == "root"`},
		writable:  map[string]string{"grade": `auth.id == "root"`},
		setCreate: map[string]string{"owner": "auth.id"},
		documents: []string{
			`{"id":"a","owner":"ann","title":"a","state":"public","n":1,"secret":"of ann","code":"A","hidden":7,"j":{"list":[1,2],"n":1}}`,
			`{"id":"b","owner":"bob","title":"b","state":"public","n":1,"secret":"of bob","code":"B"}`,
			`{"id":"h","owner":"bob","title":"h","state":"draft","n":1,"secret":"of bob"}`,
			`{"id":"c","owner":"ann","title":"c","state":"closed","n":1,"grade":"A"}`,
		},
	},
	{name: "free", read: "true", fields: []crud.Field{text("x")}, writes: map[rules.Op]string{rules.Create: "true", rules.Update: "true", rules.Delete: "true"}},
	{name: "logs", read: "true", fields: []crud.Field{text("x")}, documents: []string{`{"id":"l","x":"1"}`}},
}

// write is one write of a table.
type write struct {
	caller, op, collection, id, body, ifMatch string
	params                                    crud.Params
}

func (w write) do(ctx context.Context, s *crud.Service) (string, error) {
	return w.doAs(ctx, s, as(w.caller))
}

func (w write) doAs(ctx context.Context, s *crud.Service, caller crud.Caller) (string, error) {
	document := func(d crud.Document, err error) (string, error) {
		if err != nil {
			return "", err
		}
		return string(d.AppendJSON(nil)), nil
	}
	collection := w.collection
	if collection == "" {
		collection = "tasks"
	}
	at := crud.Target{Collection: collection, ID: w.id, IfMatch: w.ifMatch}
	switch w.op {
	case "create":
		created, err := s.Create(ctx, caller, collection, []byte(w.body))
		if err != nil {
			return "", err
		}
		return string(created.AppendJSON(nil)), nil
	case "update":
		return document(s.Update(ctx, caller, at, []byte(w.body)))
	case "replace":
		doc, _, err := s.Replace(ctx, caller, at, []byte(w.body))
		return document(doc, err)
	case "delete":
		return "", s.Delete(ctx, caller, at)
	case "update many":
		n, err := s.UpdateMany(ctx, caller, collection, w.params, []byte(w.body))
		return query.Int(n).JSON(), err
	case "delete many":
		n, err := s.DeleteMany(ctx, caller, collection, w.params)
		return query.Int(n).JSON(), err
	}
	batch, err := s.ParseBatch([]byte(w.body))
	if err != nil {
		return "", err
	}
	results, err := s.Batch(ctx, caller, batch)
	if err != nil {
		return "", err
	}
	return string(results.AppendJSON(nil)), nil
}

// TestWrites: who may write what, and what is stored then. After a refusal nothing has changed.
func TestWrites(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		write
		code string
		// has are parts of the answer; of and fields say what is looked at afterwards, and stored what it is.
		has    []string
		of     string
		fields []string
		stored string
	}{
		"create":                               {write: write{caller: "ann", op: "create", body: `{"id":"n","title":"x"}`}, has: []string{`"owner":"ann"`}, of: "n", fields: []string{"owner", "title"}, stored: `owner="ann" title="x"`},
		"create for another":                   {write: write{caller: "ann", op: "create", body: `{"id":"n","title":"x","owner":"bob"}`}, of: "n", fields: []string{"owner"}, stored: `owner="ann"`},
		"create by an anonymous caller":        {write: write{op: "create", body: `{"id":"n","title":"x"}`}, code: "unauthenticated", of: "n"},
		"create against the rule":              {write: write{caller: "ann", op: "create", body: `{"id":"n","title":"x","state":"closed"}`}, code: "forbidden", of: "n"},
		"create a field of others":             {write: write{caller: "ann", op: "create", body: `{"id":"n","title":"x","grade":"A"}`}, code: "forbidden grade=not_writable", of: "n"},
		"create what does not fit":             {write: write{caller: "ann", op: "create", body: `{"id":"n","title":"much too long","n":"x","ttile":1}`}, code: "invalid n=type ttile=unknown_field title=max", of: "n"},
		"may you, then does it fit":            {write: write{op: "create", body: `{"id":"n","title":"much too long"}`}, code: "unauthenticated"},
		"create many, all or none":             {write: write{caller: "ann", op: "create", body: `[{"id":"n","title":"x"},{"id":"a","title":"x"}]`}, code: "conflict id=unique", of: "n"},
		"create many, one of which is wrong":   {write: write{caller: "ann", op: "create", body: `[{"id":"n","title":"x"},{"id":"m"}]`}, code: "invalid [1].title=required", of: "n"},
		"create an array of one that is wrong": {write: write{caller: "ann", op: "create", body: `[{"id":"m"}]`}, code: "invalid [0].title=required", of: "n"},
		"create a unique value again":          {write: write{caller: "ann", op: "create", body: `{"id":"n","title":"x","code":"A"}`}, code: "conflict code=unique", of: "n"},
		"create with an id that is none":       {write: write{caller: "ann", op: "create", body: `{"id":"a/b","title":"x"}`}, code: "invalid id=pattern"},
		"create where there is no rule":        {write: write{caller: "ann", op: "create", collection: "logs", body: `{"x":"1"}`}, code: "forbidden"},
		"update":                               {write: write{caller: "ann", op: "update", id: "a", body: `{"title":"y"}`}, has: []string{`"title":"y"`}, of: "a", fields: []string{"title"}, stored: `title="y"`},
		"update what one may only read":        {write: write{caller: "ann", op: "update", id: "b", body: `{"title":"y"}`}, code: "forbidden", of: "b", fields: []string{"title"}, stored: `title="b"`},
		"update what is hidden":                {write: write{caller: "ann", op: "update", id: "h", body: `{"title":"y"}`}, code: "not_found", of: "h", fields: []string{"title"}, stored: `title="h"`},
		"update what is missing":               {write: write{caller: "ann", op: "update", id: "x", body: `{"title":"y"}`}, code: "not_found"},
		"update a closed one":                  {write: write{caller: "ann", op: "update", id: "c", body: `{"state":"public"}`}, code: "forbidden", of: "c", fields: []string{"state"}, stored: `state="closed"`},
		"give it away":                         {write: write{caller: "ann", op: "update", id: "a", body: `{"owner":"bob"}`}, code: "forbidden", of: "a", fields: []string{"owner"}, stored: `owner="ann"`},
		"update the id":                        {write: write{caller: "ann", op: "update", id: "a", body: `{"id":"z"}`}, code: "invalid id=immutable", of: "a", fields: []string{"title"}, stored: `title="a"`},
		"update to what does not fit":          {write: write{caller: "ann", op: "update", id: "a", body: `{"title":null,"n":1.5}`}, code: "invalid title=required n=type", of: "a", fields: []string{"title"}, stored: `title="a"`},
		"update a field of others":             {write: write{caller: "ann", op: "update", id: "a", body: `{"grade":"A"}`}, code: "forbidden grade=not_writable", of: "a", fields: []string{"grade"}, stored: `grade=null`},
		"increment":                            {write: write{caller: "ann", op: "update", id: "a", body: `{"n":{"$inc":41}}`}, of: "a", fields: []string{"n"}, stored: `n=42`},
		"increment beyond 64 bits":             {write: write{caller: "ann", op: "update", id: "a", body: `{"n":{"$inc":9223372036854775807}}`}, code: "invalid n=range", of: "a", fields: []string{"n"}, stored: `n=1`},
		"increment a string":                   {write: write{caller: "ann", op: "update", id: "a", body: `{"title":{"$inc":1}}`}, code: "invalid title=type"},
		"push and pull":                        {write: write{caller: "ann", op: "update", id: "a", body: `{"j":{"list":{"$push":3}}}`}, of: "a", fields: []string{"j"}, stored: `j={"list":[1,2,3],"n":1}`},
		"pull":                                 {write: write{caller: "ann", op: "update", id: "a", body: `{"j":{"list":{"$pull":1}}}`}, of: "a", fields: []string{"j"}, stored: `j={"list":[2],"n":1}`},
		"push to what is no array":             {write: write{caller: "ann", op: "update", id: "a", body: `{"j":{"n":{"$push":3}}}`}, code: "invalid j.n=type", of: "a", fields: []string{"j"}, stored: `j={"list":[1,2],"n":1}`},
		"a path":                               {write: write{caller: "ann", op: "update", id: "a", body: `{"j.n":{"$inc":2}}`}, of: "a", fields: []string{"j"}, stored: `j={"list":[1,2],"n":3}`},
		"remove a member":                      {write: write{caller: "ann", op: "update", id: "a", body: `{"j":{"list":null}}`}, of: "a", fields: []string{"j"}, stored: `j={"n":1}`},
		"now":                                  {write: write{caller: "ann", op: "update", id: "a", body: `{"at":{"$now":true}}`}, of: "a", fields: []string{"at"}, stored: `at="2026-01-02T03:04:05.000000Z"`},
		"an operator that is none":             {write: write{caller: "ann", op: "update", id: "a", body: `{"n":{"$icn":1}}`}, code: "invalid n=unknown_operator"},
		"an operator as data":                  {write: write{caller: "ann", op: "update", id: "a", body: `{"j":{"x":[{"$inc":1}]}}`}, code: "invalid j.x=operator"},
		"an operator on what one may not see":  {write: write{caller: "ann", op: "update", id: "a", body: `{"hidden":{"$inc":1}}`}, code: "forbidden hidden=not_readable"},
		"replace":                              {write: write{caller: "ann", op: "replace", id: "a", body: `{"title":"y","owner":"ann"}`}, of: "a", fields: []string{"title", "n", "owner", "hidden"}, stored: `hidden=7 n=null owner="ann" title="y"`},
		"replace and give it away":             {write: write{caller: "ann", op: "replace", id: "a", body: `{"title":"y"}`}, of: "a", fields: []string{"title", "owner"}, stored: `owner="ann" title="a"`, code: "forbidden"},
		"replace what is hidden":               {write: write{caller: "ann", op: "replace", id: "h", body: `{"title":"y"}`}, code: "not_found", of: "h", fields: []string{"title"}, stored: `title="h"`},
		"replace makes it":                     {write: write{caller: "ann", op: "replace", id: "n", body: `{"title":"y"}`}, of: "n", fields: []string{"owner", "title"}, stored: `owner="ann" title="y"`},
		"replace under another id":             {write: write{caller: "ann", op: "replace", id: "n", body: `{"id":"m","title":"y"}`}, code: "invalid id=mismatch", of: "n"},
		"delete":                               {write: write{caller: "ann", op: "delete", id: "a"}, of: "a"},
		"delete what one may only read":        {write: write{caller: "ann", op: "delete", id: "b"}, code: "forbidden", of: "b", fields: []string{"title"}, stored: `title="b"`},
		"delete what is hidden":                {write: write{caller: "ann", op: "delete", id: "h"}, code: "not_found", of: "h", fields: []string{"title"}, stored: `title="h"`},
		"a tag that does not match":            {write: write{caller: "ann", op: "update", id: "a", body: `{"title":"y"}`, ifMatch: `"x"`}, code: "precondition_failed", of: "a", fields: []string{"title"}, stored: `title="a"`},
		"any tag":                              {write: write{caller: "ann", op: "update", id: "a", body: `{"title":"y"}`, ifMatch: "*"}, of: "a", fields: []string{"title"}, stored: `title="y"`},
		"a tag of what one may not write":      {write: write{caller: "ann", op: "update", id: "b", body: `{"title":"y"}`, ifMatch: `"x"`}, code: "forbidden", of: "b", fields: []string{"title"}, stored: `title="b"`},
		"update many":                          {write: write{caller: "ann", op: "update many", params: crud.Params{"filter": "true"}, body: `{"n":7}`}, has: []string{"1"}, of: "b", fields: []string{"n"}, stored: `n=1`},
		"update many by operators":             {write: write{caller: "bob", op: "update many", params: crud.Params{"filter": "n == 1"}, body: `{"n":{"$inc":1}}`}, has: []string{"2"}, of: "h", fields: []string{"n"}, stored: `n=2`},
		"update many without a filter":         {write: write{caller: "ann", op: "update many", body: `{"n":7}`}, code: "invalid filter=required"},
		"update many by a masked field":        {write: write{caller: "ann", op: "update many", params: crud.Params{"filter": `secret == "of bob"`}, body: `{"n":7}`}, has: []string{"0"}},
		"delete many":                          {write: write{caller: "bob", op: "delete many", params: crud.Params{"filter": "true"}}, has: []string{"2"}, of: "a", fields: []string{"title"}, stored: `title="a"`},
		"delete many without a filter":         {write: write{caller: "bob", op: "delete many"}, code: "invalid filter=required"},
		"a batch":                              {write: write{caller: "ann", op: "batch", body: `{"ops":[{"op":"create","collection":"tasks","id":"n","doc":{"title":"x"}},{"op":"update","collection":"tasks","id":"n","doc":{"n":{"$inc":1}}},{"op":"delete","collection":"tasks","id":"a"}]}`}, has: []string{`{"results":[{"id":"n"`, `,null]}`}, of: "n", fields: []string{"n"}, stored: `n=1`},
		"a batch, all or none":                 {write: write{caller: "ann", op: "batch", body: `{"ops":[{"op":"delete","collection":"tasks","id":"a"},{"op":"delete","collection":"tasks","id":"b"}]}`}, code: "forbidden", of: "a", fields: []string{"title"}, stored: `title="a"`},
		"a batch, each alone":                  {write: write{caller: "ann", op: "batch", body: `{"atomic":false,"ops":[{"op":"delete","collection":"tasks","id":"a"},{"op":"delete","collection":"tasks","id":"b"}]}`}, code: "forbidden", of: "a"},
		"a batch with mistakes":                {write: write{caller: "ann", op: "batch", body: `{"ops":[{"op":"create","collection":"tasks","doc":{"title":"x"}},{"op":"upsert","collection":"tasks"}]}`}, code: "invalid ops[1].op=enum"},
		"a batch of nothing":                   {write: write{caller: "ann", op: "batch", body: `{"ops":[]}`}, code: "invalid ops=type"},
		"a batch without an id":                {write: write{caller: "ann", op: "batch", body: `{"ops":[{"op":"delete","collection":"tasks"}]}`}, code: "invalid ops[0].id=required"},
		"a batch elsewhere":                    {write: write{caller: "ann", op: "batch", body: `{"ops":[{"op":"delete","collection":"nowhere","id":"x"}]}`}, code: "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, desk, fixed)
			body, err := test.do(t.Context(), s)
			if got := codeOf(err); got != test.code {
				t.Fatalf("got %q (%s %v), want %q", got, body, err, test.code)
			}
			for _, part := range test.has {
				if !strings.Contains(body, part) {
					t.Errorf("the answer %s lacks %s", body, part)
				}
			}
			if strings.Contains(body, "of bob") && test.caller != "bob" {
				t.Errorf("the answer has a field of others: %s", body)
			}
			if test.of != "" {
				if got := stored(t, s, "tasks", test.of, test.fields...); got != test.stored {
					t.Errorf("stored is %s, want %s", got, test.stored)
				}
			}
		})
	}
}

// TestCount_CountsWhatIsWritten against the limits of collections, once.
func TestCount_CountsWhatIsWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		write
		want string
	}{
		"one":            {write{caller: "ann", op: "create", collection: "free", body: `{"x":"1"}`}, "free create 1"},
		"several":        {write{caller: "ann", op: "create", collection: "free", body: `[{"x":"1"},{"x":"2"}]`}, "free create 2"},
		"put, which is":  {write{caller: "ann", op: "replace", collection: "free", id: "x", body: `{"x":"1"}`}, "free create 1"},
		"a batch of two": {write{caller: "ann", op: "batch", body: `{"ops":[{"op":"create","collection":"free","doc":{}},{"op":"create","collection":"free","doc":{}}]}`}, "free create 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, desk, fixed)
			var counted []string
			refuse := false
			counting := crud.Caller{Auth: map[string]any{"sub": "ann"}, Count: func(_ context.Context, collection string, op rules.Op, n int) error {
				counted = append(counted, collection+" "+string(op)+" "+query.Int(int64(n)).JSON())
				if refuse {
					return fault.Errorf(fault.RateLimited, "too many")
				}
				return nil
			}}
			if _, err := test.doAs(t.Context(), s, counting); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(counted, ", "); got != test.want {
				t.Errorf("counted %s, want %s", got, test.want)
			}
			refuse = true
			before := count(t, s)
			if _, err := test.doAs(t.Context(), s, counting); test.op != "replace" && (fault.CodeOf(err) != fault.RateLimited || count(t, s) != before) {
				t.Errorf("beyond the limit: %v", err)
			}
		})
	}
}

func count(t *testing.T, s *crud.Service) string {
	t.Helper()
	body, err := run(t, s, crud.Caller{Admin: true}, crud.Read{Collection: "free", Kind: crud.Aggregate, Body: []byte(`{"count":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestLimits_OfWrites(t *testing.T) {
	t.Parallel()
	small := limits
	small.Batch, small.Depth = 2, 3
	s := startWith(t, desk[1:], crud.Config{Limits: small, Now: fixed})
	for name, test := range map[string]struct {
		write
		want string
	}{
		"documents":       {write{op: "create", collection: "free", body: `[{},{},{}]`}, "invalid"},
		"no documents":    {write{op: "create", collection: "free", body: `[]`}, "invalid"},
		"depth":           {write{op: "create", collection: "free", body: `{"x":[[[[1]]]]}`}, "invalid"},
		"operations":      {write{op: "batch", body: `{"ops":[{},{},{}]}`}, "invalid ops=type"},
		"not JSON":        {write{op: "create", collection: "free", body: `{`}, "invalid_json"},
		"a name twice":    {write{op: "create", collection: "free", body: `{"x":"1","x":"2"}`}, "invalid_json"},
		"what is no body": {write{op: "update", collection: "free", id: "x", body: `3`}, "invalid =type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := test.do(t.Context(), s)
			if got := codeOf(err); got != test.want {
				t.Errorf("got %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

// TestCall_Parameters of functions and events, and their rules.
func TestCall_Parameters(t *testing.T) {
	t.Parallel()
	s := start(t, library, fixed)
	parameters := []schema.Field{{Name: "book", Type: query.TypeString, Required: true}, {Name: "n", Type: query.TypeInt, Default: query.Int(3), Max: query.Int(9)}}
	shape := query.NewShape([]query.Field{{Name: "book", Type: query.TypeString}, {Name: "n", Type: query.TypeInt}})
	members := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID}, {Name: "book", Type: query.TypeString}, {Name: "user", Type: query.TypeString}})
	rule, err := rules.CompileCall(`exists("members", {"book": request.params.book, "user": auth.id})`, shape.Fields, rules.Scope{Collections: map[string]*query.Shape{"members": members}})
	if err != nil {
		t.Fatal(err)
	}
	callable := crud.NewCallable(parameters, rule)
	for name, test := range map[string]struct{ caller, body, want, code string }{
		"of a member":            {"ann", `{"book":"b1"}`, `{"book":"b1","n":3}`, ""},
		"of no member":           {"bob", `{"book":"b1"}`, "", "forbidden"},
		"of another book":        {"ann", `{"book":"b2"}`, "", "forbidden"},
		"of an anonymous caller": {"", `{"book":"b1"}`, "", "unauthenticated"},
		"nothing":                {"ann", ``, "", "invalid book=required"},
		"several mistakes":       {"ann", `{"n":10,"x":1}`, "", "invalid x=unknown_name book=required n=max"},
		"not an object":          {"ann", `[]`, "", "invalid"},
		"not JSON":               {"ann", `{`, "", "invalid_json"},
		"a parameter given":      {"ann", `{"n":9,"book":"b1"}`, `{"book":"b1","n":9}`, ""},
		"a rule and no caller":   {"", `{"book":null}`, "", "invalid book=required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := s.Call(t.Context(), as(test.caller), callable, []byte(test.body))
			if got := codeOf(err); got != test.code || string(out) != test.want {
				t.Errorf("got %s %q (%v), want %s %q", out, got, err, test.want, test.code)
			}
		})
	}
	if _, err := s.Call(t.Context(), as("ann"), crud.NewCallable(parameters, nil), []byte(`{"book":"b1"}`)); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("without a rule: %v", err)
	}
}
