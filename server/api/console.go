package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/console"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// consoleCalls are the calls that the console needs besides those of all clients.
type consoleCalls struct {
	users
	config     *config.Config
	invitation *console.Invitation
	version    string
	depth      int // limits.depth
	now        func() time.Time
}

// overview is GET /v1/admin/console: who the caller is here, and the collections with their fields. Only
// administrators get the rules.
func (x *consoleCalls) overview(r *request) ([]byte, error) {
	switch {
	case r.caller.Admin:
	case r.caller.Auth == nil:
		return nil, fault.Errorf(fault.Unauthenticated, "sign in to use the console")
	case !config.Satisfies(x.config.Console.Who, r.caller.Auth):
		return nil, fault.Errorf(fault.Forbidden, "this account may not use the console: neither admin.users nor console.access holds for its claims")
	}
	collections := []fiber.Map{}
	for _, name := range slices.Sorted(maps.Keys(x.config.Collections)) {
		collections = append(collections, overviewOf(x.config, x.config.Collections[name], r.caller.Admin))
	}
	return encode(fiber.Map{
		"admin": r.caller.Admin, "user": r.caller.Auth["sub"], "accounts": x.users.auth != nil, "app": appOf(x.config), "version": x.version, "graphql": x.config.GraphQL != nil, "page": x.config.Limits.Page, "batch": x.config.Limits.Batch, "collections": collections, "services": servicesOf(x.config, r.caller.Admin),
	}, nil)
}

// appOf is where the app is: an address, or a path of this server; nil if that is not known.
func appOf(c *config.Config) any {
	switch {
	case c.Console.App != "":
		return c.Console.App
	case c.Static != nil:
		return strings.TrimSuffix(c.Static.Path, "/") + "/"
	}
	return nil
}

// servicesOf are the services with their functions, for administrators alone.
func servicesOf(c *config.Config, admin bool) []fiber.Map {
	out := []fiber.Map{}
	if !admin {
		return out
	}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		functions := []fiber.Map{}
		for _, function := range slices.Sorted(maps.Keys(s.Functions)) {
			f := s.Functions[function]
			params := make([]fiber.Map, len(f.Ordered))
			for i, p := range f.Ordered {
				params[i] = describeField(p)
			}
			one := fiber.Map{"name": function, "params": params, "open": s.Driver == "database" && len(f.Ordered) == 0}
			if f.Rule != nil {
				one["rule"] = f.Rule.Source
			}
			functions = append(functions, one)
		}
		out = append(out, fiber.Map{"name": name, "driver": s.Driver, "functions": functions})
	}
	return out
}

// indexesOf are the declared indexes of several fields.
func indexesOf(col *config.Collection) []fiber.Map {
	out := []fiber.Map{}
	for _, index := range col.Indexes {
		one := fiber.Map{"fields": index.Fields, "unique": index.Unique}
		if index.Where != nil {
			one["where"] = index.Where.Source
		}
		out = append(out, one)
	}
	return out
}

func overviewOf(c *config.Config, col *config.Collection, admin bool) fiber.Map {
	fields := make([]fiber.Map, 0, len(col.Ordered))
	for _, f := range col.Declared() {
		fields = append(fields, describeField(f))
	}
	out := fiber.Map{
		"name": col.Name, "database": col.Database, "key": col.Key, "fields": fields,
		"open": col.Open, "realtime": col.Realtime == nil || *col.Realtime, "files": col.Files != nil,
	}
	if d := c.Databases[col.Database]; d != nil {
		out["driver"] = d.Driver
	}
	if admin {
		out["rules"] = sources(map[string]*config.Text{"read": col.Rules.Read, "create": col.Rules.Create, "update": col.Rules.Update, "delete": col.Rules.Delete})
		out["fields_readable"], out["fields_writable"] = sources(col.FieldsReadable), sources(col.FieldsWritable)
		out["indexes"] = indexesOf(col)
		out["set"] = fiber.Map{"create": sources(col.Set.Create), "update": sources(col.Set.Update)}
	}
	return out
}

func describeField(f *config.Field) fiber.Map {
	out := fiber.Map{"name": f.Name, "type": f.Type}
	for name, is := range map[string]bool{
		"required": f.Required, "unique": f.Unique, "index": f.Index, "search": f.Search, "encrypt": f.Encrypt, "hash": f.Hash, "served": f.Served,
	} {
		if is {
			out[name] = true
		}
	}
	for name, text := range map[string]string{"to": f.To, "of": string(f.Of), "on_delete": string(f.OnDelete), "check": f.Check, "column": f.Column, "was": f.Was} {
		if text != "" {
			out[name] = text
		}
	}
	if len(f.Members) > 0 {
		members := make([]fiber.Map, len(f.Members))
		for i, m := range f.Members {
			members[i] = describeField(m)
		}
		out["fields"], out["open"] = members, f.Open
	}
	if f.Pattern != nil {
		out["pattern"] = f.Pattern.Source
	}
	for name, l := range map[string]*config.Literal{"default": f.Default, "min": f.Min, "max": f.Max} {
		if l != nil {
			out[name] = json.RawMessage(l.Value.JSON())
		}
	}
	if f.Enum != nil {
		enum := make([]json.RawMessage, len(f.Enum))
		for i, l := range f.Enum {
			enum[i] = json.RawMessage(l.Value.JSON())
		}
		out["enum"] = enum
	}
	return out
}

func sources(texts map[string]*config.Text) map[string]string {
	out := map[string]string{}
	for name, text := range texts {
		if text != nil {
			out[name] = text.Source
		}
	}
	return out
}

// isLoopback reports whether an address is one of this machine.
func isLoopback(address string) bool {
	ip := net.ParseIP(address)
	return ip != nil && ip.IsLoopback()
}

// forwarding are the headers of proxies. A request with one comes from elsewhere, whatever its connection says.
var forwarding = []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via", "X-Forwarded-Host", "Cf-Connecting-Ip"}

// isLocal reports whether a request comes from this machine itself.
func isLocal(r *request) bool {
	for _, name := range forwarding {
		if r.header(name) != "" {
			return false
		}
	}
	return isLoopback(r.caller.IP) && r.http.Context().RemoteIP().IsLoopback()
}

// first is POST /v1/auth/first. With an address and a password it makes the account of the first administrator,
// without them it gives a pass for an hour.
func (x *consoleCalls) first(r *request) ([]byte, error) {
	if !isLocal(r) {
		return nil, fault.Errorf(fault.Forbidden, "this works from the machine that the server runs on, without a proxy")
	}
	f := map[string]string{}
	var claims map[string]any
	err := r.object(func(name string, v query.Value) (ok bool) {
		if name == "claims" {
			claims, ok = claimsIn(v)
			return ok
		}
		f[name] = v.Text()
		return v.Kind() == query.KindString
	})
	if err != nil {
		return nil, err
	}
	if len(x.config.Admin.Keys) > 0 {
		return nil, fault.Errorf(fault.Forbidden, "there are administrators by now; sign in as one")
	}
	var body []byte
	err = x.invitation.Redeem(f["code"], x.now(), func() (err error) {
		if f["email"] == "" && f["password"] == "" {
			body, err = encode(fiber.Map{"access_token": x.invitation.Pass(x.now()), "token_type": "Bearer", "expires_in": int(console.PassTime.Seconds())}, nil)
			return err
		}
		body, err = x.firstAccount(r, f, claims)
		return err
	})
	return body, err
}

func (x *consoleCalls) firstAccount(r *request, f map[string]string, claims map[string]any) ([]byte, error) {
	who := x.config.Admin.Who
	s, err := x.service()
	switch {
	case err != nil:
		return nil, err
	case who == nil:
		return nil, fault.Errorf(fault.Invalid, `no account can be an administrator, because the configuration does not say which; add: admin: { users: 'auth.role == "admin"' }`)
	case claims == nil:
		claims, _ = config.AdminClaims(who)
	}
	if !config.MakesAdmin(who, claims) {
		return nil, fault.FieldErrorf("claims", "claims", "these claims do not satisfy admin.users: %s", x.config.Admin.Users.Source)
	}
	made, err := s.MakeOwner(r.context, auth.Credentials{Email: f["email"], Password: f["password"]}, claims, x.client(r, nil))
	return encode(managedMap(made), err)
}

// caller returns the caller whose claims are given, or who is the user of an id.
func (x *consoleCalls) caller(r *request, as query.Value, user string) (caller crud.Caller, err error) {
	caller = crud.Caller{IP: r.caller.IP, Method: r.caller.Method, Hold: r.caller.Hold}
	if user == "" {
		caller.Auth, _ = as.Any().(map[string]any)
		return caller, nil
	}
	s, err := x.service()
	if err != nil {
		return caller, err
	}
	caller.Auth, err = s.Claims(r.context, user)
	return caller, err
}

// view is POST /v1/admin/view.
func (x *consoleCalls) view(r *request, docs *crud.Service) ([]byte, error) {
	var collection, user string
	var as, q query.Value
	err := r.object(func(name string, v query.Value) bool {
		switch name {
		case "as":
			as = v
			return v.IsNull() || isObject(v)
		case "query":
			q = v
			return isObject(v)
		case "collection":
			collection = v.Text()
		case "user":
			user = v.Text()
		}
		return v.Kind() == query.KindString
	})
	if err != nil {
		return nil, err
	}
	caller, err := x.caller(r, as, user)
	if err != nil {
		return nil, err
	}
	body := []byte("{}")
	if !q.IsNull() {
		body = q.AppendJSON(nil)
	}
	view, err := docs.ViewAs(r.context, r.caller, caller, collection, body)
	if err != nil {
		return nil, err
	}
	view.As = caller.Auth
	return json.Marshal(view)
}

func isObject(v query.Value) bool {
	_, ok := v.Any().(map[string]any)
	return ok
}

// check is POST /v1/admin/check: what the compiler says of a rule, and what the rule comes to for a caller.
func (x *consoleCalls) check(r *request, docs *crud.Service) ([]byte, error) {
	f, as, isSet := map[string]string{}, query.Value{}, false
	err := r.object(func(name string, v query.Value) bool {
		if name == "as" {
			as, isSet = v, true
			return v.IsNull() || isObject(v)
		}
		f[name] = v.Text()
		return v.Kind() == query.KindString
	})
	if err != nil {
		return nil, err
	}
	collection, err := x.collectionOf(f["collection"])
	if err != nil {
		return nil, err
	}
	out := struct {
		Problems []ruleProblem `json:"problems"`
		// Explanation is for a caller, of a rule without problems.
		Explanation *crud.Explanation `json:"explanation,omitempty"`
	}{Problems: []ruleProblem{}}
	if !slices.Contains(rules.Ops, rules.Op(f["op"])) {
		return nil, fault.FieldErrorf("op", "enum", "op is read, create, update or delete")
	}
	rule, err := x.config.CheckRule(collection, rules.Op(f["op"]), f["rule"])
	var wrong *rules.Error
	switch {
	case errors.As(err, &wrong):
		out.Problems = append(out.Problems, problemAt(f["rule"], wrong))
		return json.Marshal(out)
	case err != nil:
		return nil, err
	case !isSet && f["user"] == "":
		return json.Marshal(out)
	}
	caller, err := x.caller(r, as, f["user"])
	if err != nil {
		return nil, err
	}
	out.Explanation, err = docs.Explain(r.context, caller, crud.Question{Collection: f["collection"], Op: rules.Op(f["op"]), Rule: rule})
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func (x *consoleCalls) collectionOf(name string) (*config.Collection, error) {
	if c := x.config.Collections[name]; c != nil {
		return c, nil
	}
	return nil, fault.FieldErrorf("collection", "unknown", "there is no such collection%s", fault.DidYouMean(name, slices.Sorted(maps.Keys(x.config.Collections))))
}

// ruleProblem is a mistake in a rule. Line and Column start from 1; Column counts characters.
type ruleProblem struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Detail string `json:"detail"`
}

// String returns the place and the detail; the line only of a rule that has several.
func (p ruleProblem) String() string {
	if p.Line > 1 {
		return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Detail)
	}
	return fmt.Sprintf("column %d: %s", p.Column, p.Detail)
}

func problemAt(source string, e *rules.Error) ruleProblem {
	before := source[:max(0, min(e.Offset, len(source)))]
	start := strings.LastIndexByte(before, '\n') + 1
	return ruleProblem{Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[start:]) + 1, Detail: e.Msg}
}
