package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/config/edit"
	"github.com/basalt-dev/basalt/modules/cluster"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// editor changes the collections of the configuration file.
type editor struct {
	accounts
	file      *edit.File
	config    *config.Config
	databases map[string]Database
	stored    func(*config.Config) map[string][]*db.Collection
	cluster   *cluster.Node
	now       func() time.Time
	log       *slog.Logger
}

// editState is GET /v1/admin/configuration/edit.
type editState struct {
	// Writable says that an edit is written, and Why why not.
	Writable bool   `json:"writable"`
	Why      string `json:"why,omitempty"`
	// Loading says that the server is about to run with what was written last. Failed says why it could not, and that the file is
	// what it was before.
	Loading bool   `json:"loading"`
	Failed  string `json:"failed,omitempty"`
}

func (x *editor) state() (s editState) {
	s.Why = x.refusal()
	s.Writable = s.Why == ""
	s.Loading, s.Failed = x.file.State()
	return s
}

// refusal says why edits are not written; empty if they are.
func (x *editor) refusal() string {
	if x.config.Bus.Driver != "memory" || len(x.cluster.Members.Alive(x.now())) > 1 {
		return "this is a node of a cluster: commit the difference, so that all nodes get it"
	}
	if !x.file.Allowed() && !x.config.Console.Edit {
		return "this server does not let the console write its file; basalt dev does, and so does console: { edit: true }"
	}
	return x.file.Refusal()
}

func (x *editor) look(*request) ([]byte, error) { return json.Marshal(x.state()) }

// editRequest is the body of POST /v1/admin/configuration/edit.
type editRequest struct {
	edits []edit.Edit
	hash  string
	write bool
}

func readEdits(r *request) (e editRequest, err error) {
	var wrong error
	err = r.object(func(name string, v query.Value) (ok bool) {
		switch name {
		case "edits":
			e.edits, wrong = editsIn(v)
			return true
		case "write":
			e.write = v.Bool()
			return v.Kind() == query.KindBool
		}
		e.hash = v.Text()
		return v.Kind() == query.KindString
	})
	switch {
	case err != nil:
		return e, err
	case wrong != nil || len(e.edits) == 0:
		return e, fault.FieldErrorf("edits", "type", `edits is a list such as [{"do": "set", "path": ["collections", "notes", "fields", "title"], "value": {"type": "string"}}]; do is set, remove or rename, which has to`)
	case e.write && e.hash == "":
		return e, fault.FieldErrorf("hash", "required", "to write, say which file was looked at: the hash of a call without write")
	}
	return e, nil
}

func editsIn(v query.Value) (edits []edit.Edit, err error) {
	d := json.NewDecoder(bytes.NewReader(v.AppendJSON(nil)))
	d.UseNumber()
	d.DisallowUnknownFields()
	err = d.Decode(&edits)
	return edits, err
}

// planned is a step of a migration.
type planned struct {
	Database    string `json:"database"`
	Collection  string `json:"collection"`
	Why         string `json:"why"`
	SQL         string `json:"sql"`
	Destructive bool   `json:"destructive"`
}

// proposal is what an edit comes to.
type proposal struct {
	Hash     string      `json:"hash"`
	Diff     []edit.Line `json:"diff"`
	Problems []finding   `json:"problems"`
	Plan     []planned   `json:"plan"`
	Written  bool        `json:"written"`
	editState
}

// edit is POST /v1/admin/configuration/edit: what edits make of the file, what is wrong with that, and what the databases would
// need. With write, it is written if nothing is wrong and the file is still the one of the hash.
func (x *editor) edit(r *request) ([]byte, error) {
	asked, err := readEdits(r)
	if err != nil {
		return nil, err
	}
	out, text, err := x.propose(r.context, asked.edits)
	if err != nil {
		return nil, err
	}
	if asked.write {
		if err := x.write(r, asked, out, text); err != nil {
			return nil, err
		}
		out.Written = true
		out.editState = x.state()
	}
	return json.Marshal(out)
}

func (x *editor) propose(ctx context.Context, edits []edit.Edit) (*proposal, string, error) {
	before, hash, err := x.file.Read()
	if err != nil {
		return nil, "", err
	}
	out := &proposal{Hash: hash, Problems: []finding{}, Plan: []planned{}, editState: x.state()}
	text, err := edit.Apply(before, edits)
	var wrong *edit.Error
	if errors.As(err, &wrong) {
		return nil, "", fault.FieldErrorf("edits", "invalid", "edit %d: %s", wrong.Edit+1, wrong.What)
	} else if err != nil {
		return nil, "", err
	}
	out.Diff = edit.Diff(before, text)
	c, err := config.Parse(x.config.Path, x.config.Dir, []byte(text))
	var invalid *config.Error
	if errors.As(err, &invalid) {
		for _, p := range invalid.Problems {
			out.Problems = append(out.Problems, finding{filepath.Base(p.File), p.At.Line, p.At.Column, p.What})
		}
		return out, text, nil
	} else if err != nil {
		return nil, "", err
	}
	out.Plan, err = x.plan(ctx, c)
	if err != nil {
		out.Problems = append(out.Problems, finding{Detail: err.Error()})
	}
	return out, text, nil
}

// plan is what the databases need for a configuration. Those that it has besides the one that runs are not asked.
func (x *editor) plan(ctx context.Context, c *config.Config) ([]planned, error) {
	stored := x.stored(c)
	steps := []planned{}
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		migrator, ok := db.As[db.Migrator](x.databases[name].Driver)
		if !ok {
			continue
		}
		found, err := migrator.Plan(ctx, stored[name])
		if err != nil {
			return steps, err
		}
		for _, s := range found {
			steps = append(steps, planned{name, s.Collection, s.Why, s.SQL, s.Destructive})
		}
	}
	return steps, nil
}

func (x *editor) write(r *request, asked editRequest, p *proposal, text string) error {
	switch why := x.refusal(); {
	case why != "":
		return fault.Errorf(fault.Forbidden, "%s", why)
	case p.Hash != asked.hash:
		return fault.Errorf(fault.Conflict, "the file has changed since it was looked at; look at the new difference, and write that")
	case len(p.Problems) > 0:
		return fault.FieldErrorf("edits", "invalid", "the file would not load: %s", p.Problems[0].Detail)
	case slices.ContainsFunc(p.Plan, func(s planned) bool { return s.Destructive }):
		return fault.FieldErrorf("edits", "destructive", "this needs steps that can lose data; put the difference into the file yourself, and run: basalt migrate apply --allow-destructive")
	}
	if err := x.file.Write(p.Hash, text); errors.Is(err, edit.ErrChanged) {
		return fault.Errorf(fault.Conflict, "the file has changed since it was looked at; look at the new difference, and write that")
	} else if err != nil {
		return err
	}
	what := make([]string, 0, len(asked.edits))
	for _, e := range asked.edits {
		what = append(what, e.Do+" "+strings.Join(e.Path, "."))
	}
	x.log.Info("the configuration file was changed in the console", "by", x.client(r, nil).Administrator, "edits", what)
	if s := x.auth; s != nil {
		s.ConfigurationChanged(r.context, what, x.client(r, nil))
	}
	return nil
}

func proposalSchema() object {
	step := fields(with(strs("database", "collection", "why", "sql"), "destructive", flag()))
	line := fields(with(strs("op", "text"), "line", whole()))
	return fields(with(strs("hash", "why", "failed"), "diff", arrayOf(line), "problems", arrayOf(findingSchema()), "plan", arrayOf(step), "written", flag(), "writable", flag(), "loading", flag()))
}

func editStateSchema() object {
	return fields(with(strs("why", "failed"), "writable", flag(), "loading", flag()))
}
