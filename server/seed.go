package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// seeds is a file of accounts and documents to begin with. A value "$NAME" in a document is the id of the account that has
// the name here.
type seeds struct {
	Users     map[string]seedUser         `json:"users"`
	Documents map[string][]map[string]any `json:"documents"`
}

type seedUser struct {
	Email    string         `json:"email"`
	Password string         `json:"password"`
	Claims   map[string]any `json:"claims"`
}

// Seeded is what a file of seeds has added.
type Seeded struct{ Users, Documents int }

// Seed adds the accounts of a file that are not there, and fills the collections of it that are empty. Rules do not apply.
// It is called before Run.
func (s *Server) Seed(ctx context.Context, path string) (out Seeded, err error) {
	file, err := readSeeds(path)
	if err != nil {
		return out, err
	}
	s.with(func(r *runtime) {
		var ids map[string]string
		if ids, out.Users, err = r.seedUsers(ctx, file.Users); err == nil {
			out.Documents, err = r.seedDocuments(ctx, file.Documents, ids)
		}
	})
	if err != nil {
		return out, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

func readSeeds(path string) (out seeds, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return out, err
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return out, fmt.Errorf("%s: %w", path, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // integers stay exact
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		return out, fmt.Errorf("%s: %w; it has users: { NAME: { email, password, claims } } and documents: { COLLECTION: [{…}] }", path, err)
	}
	return out, nil
}

// seedUsers makes the accounts whose addresses have none, and returns the ids of all.
func (r *runtime) seedUsers(ctx context.Context, users map[string]seedUser) (ids map[string]string, made int, err error) {
	ids = map[string]string{}
	if len(users) > 0 && r.auth == nil {
		return nil, 0, errors.New("it has users, and the configuration has no auth")
	}
	for _, name := range slices.Sorted(maps.Keys(users)) {
		u := users[name]
		found, err := r.auth.Users(ctx, strings.ToLower(u.Email), "", 1)
		if err != nil {
			return nil, made, err
		}
		if len(found) > 0 && u.Email != "" {
			ids[name] = found[0].ID
			continue
		}
		one, err := r.auth.MakeUser(ctx, auth.Import{Email: u.Email, Password: u.Password, Verified: true, Claims: u.Claims}, auth.Client{Agent: "seeds"})
		if err != nil {
			return nil, made, fmt.Errorf("users.%s: %w", name, reasons(err))
		}
		ids[name] = one.ID
		made++
	}
	return ids, made, nil
}

// seedDocuments fills the collections that are empty. What documents refer to may come in any order.
func (r *runtime) seedDocuments(ctx context.Context, documents map[string][]map[string]any, ids map[string]string) (made int, err error) {
	admin, service := crud.Caller{Admin: true}, r.crud.Unlinked()
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		plan, err := service.Prepare(admin, crud.Read{Collection: name, Params: crud.Params{"limit": "1"}})
		if err != nil {
			return made, fmt.Errorf("documents.%s: %w", name, reasons(err))
		}
		there, err := plan.Run(ctx)
		if err != nil {
			return made, err
		}
		if len(there.Documents) > 0 || len(documents[name]) == 0 {
			continue
		}
		body, err := json.Marshal(named(documents[name], ids))
		if err != nil {
			return made, err
		}
		if _, err := service.Create(ctx, admin, name, body); err != nil {
			return made, fmt.Errorf("documents.%s: %w", name, reasons(err))
		}
		made += len(documents[name])
	}
	return made, nil
}

// named puts ids in the place of the names of accounts.
func named(v any, ids map[string]string) any {
	switch v := v.(type) {
	case []map[string]any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = named(v[i], ids)
		}
		return out
	case []any:
		for i := range v {
			v[i] = named(v[i], ids)
		}
	case map[string]any:
		for k := range v {
			v[k] = named(v[k], ids)
		}
	case string:
		if name, ok := strings.CutPrefix(v, "$"); ok && ids[name] != "" {
			return ids[name]
		}
	}
	return v
}

// reasons is an error with what is wrong with each field.
func reasons(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Field+": "+f.Detail)
	}
	return errors.New(strings.Join(out, "; "))
}
