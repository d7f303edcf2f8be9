package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestSchemas_MongoDB serves documents that mean no good, with fields that are not declared shown and without: odd ids, mixed
// types, fields that are missing, numbers and dates beyond others, names of all kinds.
func TestSchemas_MongoDB(t *testing.T) {
	t.Parallel()
	start := theirDatabases["mongo"](t)
	for _, open := range []bool{false, true} {
		t.Run(fmt.Sprintf("open=%t", open), func(t *testing.T) {
			settings, run := start(t)
			documents, err := os.ReadFile(filepath.Join("testdata", "schemas", "hostile.mongo.jsonl"))
			fatal(t, err)
			if open { // where nothing else is stored under this name
				documents = bytes.ReplaceAll(documents, []byte(`"_rest": "r", `), nil)
			}
			run(string(documents))
			head := "databases: { main: { " + settings + " } }\nlimits: { subscriptions: 1000 }\nlog: { level: error }\n"
			path := filepath.Join(t.TempDir(), "basalt.yaml")
			fatal(t, os.WriteFile(path, []byte(head), 0o600))
			var printed bytes.Buffer
			fatal(t, offline.Introspect(context.Background(), path, "", &printed))
			tables := printedTables(printed.String())
			if len(tables) != 11 || strings.Contains(printed.String(), "there is no type") || !strings.Contains(printed.String(), "# dates has keys of type time") {
				t.Errorf("%d collections are printed:\n%s", len(tables), printed.String())
			}
			served := strings.NewReplacer("read: 'false'", "read: 'true'", "create: 'false'", "create: 'true'", "update: 'false'", "update: 'true'", "delete: 'false'", "delete: 'true'")
			text := served.Replace(printed.String())
			if open {
				text = strings.ReplaceAll(text, "    # open: true", "    open: true   #")
			}
			fatal(t, os.WriteFile(path, []byte(head+text), 0o600))
			s := servertest.StartFile(t, path)
			want := map[string]int{"objects": 3, "longs": 4, "shell": 2, "uuids": 2, "texts": 9, "mixed": 6, "strays": 2, "values": 10}
			for _, table := range tables {
				docs := table.list(t, s, nil, "")
				if n := want[table.name]; len(docs) == 0 || n > 0 && len(docs) != n {
					t.Errorf("%s: there are %d documents, want %d: %s", table.name, len(docs), n, docs)
				}
				var counted struct{ Total int }
				s.Want(t, 200, call{Method: "GET", Path: table.path() + "?limit=1&count=true"}).Decode(t, &counted)
				if counted.Total != len(docs) {
					t.Errorf("%s: %d are counted, %d listed", table.name, counted.Total, len(docs))
				}
				table.readOne(t, s, docs)
				table.find(t, s, docs)
				table.findScalars(t, s, docs)
				ordered := *table
				ordered.fields = slices.DeleteFunc(slices.Clone(table.fields), func(f adoptedField) bool { return f.kind == "bytes" }) // MongoDB has another order of these
				ordered.sort(t, s, docs)
				table.patch(t, s, docs, nil)
				if again := table.list(t, s, nil, ""); fmt.Sprintf("%s", again) != fmt.Sprintf("%s", docs) {
					t.Errorf("%s: as read and written again: %s, was %s", table.name, again, docs)
				}
				table.follow(t, s, docs)
			}
		})
	}
}

// findScalars asks for each scalar in a json field.
func (a *adoptedTable) findScalars(t *testing.T, s *servertest.Instance, docs []json.RawMessage) {
	for _, f := range a.fields {
		if f.kind != "json" {
			continue
		}
		for _, doc := range docs {
			value := members(t, doc)[f.name]
			if strings.ContainsAny(string(value[:1]), "[{") {
				continue
			}
			var want []string
			for _, other := range docs {
				if bytes.Equal(members(t, other)[f.name], value) {
					want = append(want, string(other))
				}
			}
			var got []string
			for _, found := range a.list(t, s, map[string]any{f.name: value}, "") {
				got = append(got, string(found))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s == %s finds %s, want %s", a.name, f.name, value, got, want)
			}
		}
	}
}

// follow has live queries of each field with each value while the documents are removed and made again.
func (a *adoptedTable) follow(t *testing.T, s *servertest.Instance, docs []json.RawMessage) {
	type watched struct {
		where map[string]any
		sort  string
	}
	all := map[string]watched{"all": {map[string]any{}, ""}}
	for _, f := range a.fields {
		if f.kind == "json" || f.kind == "list" {
			continue
		}
		if f.kind != "bytes" { // which have no order in MongoDB
			all["by "+f.name] = watched{map[string]any{}, "-" + f.name}
		}
		for _, doc := range docs {
			if value := members(t, doc)[f.name]; !onlyShown(f.kind, value) {
				all[f.name+" "+string(value)] = watched{map[string]any{f.name: value}, ""}
			}
		}
	}
	live := s.Live(t, "")
	states := map[string]*servertest.State{}
	for id, w := range all {
		query := map[string]any{"where": w.where, "limit": 500}
		if w.sort != "" {
			query["sort"] = []string{w.sort}
		}
		states[id] = &servertest.State{}
		fatal(t, live.Send(map[string]any{"id": id, "op": "subscribe", "collection": a.name, "query": query}))
	}
	until := func(what string) {
		t.Helper()
		deadline := time.Now().Add(20 * time.Second)
		for {
			wrong := ""
			for _, id := range slices.Sorted(maps.Keys(all)) {
				var want []string
				for _, doc := range a.list(t, s, all[id].where, all[id].sort) {
					want = append(want, string(doc))
				}
				if text := "[" + strings.Join(want, ",") + "]"; states[id].Items() != text {
					wrong = fmt.Sprintf("%s: %s: live %s has %s, want %s", what, a.name, id, states[id].Items(), text)
					break
				}
			}
			if wrong == "" {
				return
			}
			m, err := live.Next(max(0, time.Until(deadline)))
			if err != nil {
				t.Fatal(wrong)
			}
			if states[m.ID] == nil || m.Event == "error" {
				t.Fatalf("got %s", m.Text)
			}
			fatal(t, states[m.ID].Apply(m))
		}
	}
	until("at first")
	for _, doc := range docs {
		s.Want(t, 204, call{Method: "DELETE", Path: a.addressOf(t, doc)})
	}
	until("when the documents are gone")
	for _, doc := range docs {
		sent := members(t, doc)
		for _, f := range a.fields {
			if onlyShown(f.kind, sent[f.name]) {
				delete(sent, f.name)
			}
		}
		s.Want(t, 201, call{Method: "POST", Path: a.path(), Body: sent})
	}
	until("when they are there again")
}
