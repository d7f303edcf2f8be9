package config

import (
	"net/url"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Service is one entry of `services`.
type Service struct {
	At Position `json:"-"`
	// Where its functions run: in workers on nats or redis, in a server, with http, or in a database, with database.
	Driver string `json:"driver" jsonschema:"enum=nats,enum=redis,enum=http,enum=database"`
	// The database whose functions they are, with the driver database; it may be left out if there is one.
	Database string `json:"database,omitempty"`
	// The schema of these functions, public if there is none.
	Schema string `json:"schema,omitempty"`
	// The URL of that server; optional for nats and redis if the section bus has it.
	URL Secret `json:"url,omitempty"`
	// The secret that signs calls over http (Standard Webhooks); without it they are not signed.
	Secret Secret `json:"secret,omitempty"`
	// The functions, by name.
	Functions map[string]*Function `json:"functions"`
}

// Function is one entry of `functions` of a service.
type Function struct {
	At Position `json:"-"`
	// Who may call it: an expression over auth, request and the parameters, such as request.params.amount. Without
	// it only administrators and events may.
	Rule *Text `json:"rule,omitempty"`
	// The parameters, described like the fields of a collection. A function of a database may leave them out: it then
	// takes those that it has there, and its rule knows none of them.
	Params map[string]*Field `json:"params,omitempty"`
	// The timeout of a call; limits.timeout is the maximum and the default.
	Timeout Duration `json:"timeout,omitempty"`
	// Whether a call may be retried if a server over http has not answered.
	Idempotent bool `json:"idempotent,omitempty"`
	// Rate limits of the callers.
	Limit *RateLimit `json:"limit,omitempty"`

	// What Load makes of the above. Ordered has the parameters in the order of the file.
	Ordered []*Field    `json:"-"`
	Allowed *rules.Rule `json:"-"`
}

// isAddress reports whether a string is an http or https URL.
func isAddress(text Secret) bool {
	u, err := url.Parse(text.Reveal())
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// services checks the section services and compiles its rules.
func (v *validator) services(scope rules.Scope) {
	for _, name := range sorted(v.c.Services) {
		s := v.c.Services[name]
		v.named(s.At, name)
		v.serviceURL(name, s)
		if len(s.Functions) == 0 {
			v.warn(s.At, "service %s has no functions", name)
		}
		for _, function := range sorted(s.Functions) {
			v.functionOf(s, name, function, scope)
		}
	}
}

func (v *validator) serviceURL(name string, s *Service) {
	if s.Driver != "database" && (s.Database != "" || s.Schema != "") {
		v.fail(s.At, "service %s: database and schema are of the driver database", name)
	}
	switch s.Driver {
	case "": // reported already
	case "database":
		v.databaseService(name, s)
	case "nats", "redis":
		if s.URL == "" && v.c.Bus.Driver == s.Driver {
			s.URL = v.c.Bus.URL
		}
		if s.URL == "" && s.Driver == "redis" && v.c.Redis != nil {
			s.URL = v.c.Redis.URL
		}
		if s.URL == "" {
			v.fail(s.At, "service %s: url is missing: where %s is", name, s.Driver)
		}
	case "http":
		if !isAddress(s.URL) {
			v.fail(s.At, "service %s: url is where the server is, as in https://billing.internal/fn", name)
		}
	default:
		v.fail(s.At, "service %s: driver is nats, redis, http or database, not %q", name, s.Driver)
	}
}

// databaseService checks a service whose functions are those of a database.
func (v *validator) databaseService(name string, s *Service) {
	setDefault(&s.Schema, "public")
	switch {
	case s.URL != "" || s.Secret != "":
		v.fail(s.At, "service %s: url and secret are of services elsewhere; a database has its own under databases", name)
	case !isColumn(s.Schema):
		v.fail(s.At, "service %s: schema is a name of 1 to 63 bytes without control characters", name)
	}
	v.knownDatabase(s.At, s.Database)
	if d := v.c.Databases[s.Database]; d != nil && d.Driver != "" && !db.HasFunctions(d.Driver) {
		v.fail(s.At, "service %s: databases of the driver %s have no functions that can be called; those of postgres have", name, d.Driver)
	}
}

func (v *validator) functionOf(s *Service, service, name string, scope rules.Scope) {
	f := s.Functions[name]
	if f == nil {
		f = &Function{At: s.At}
		s.Functions[name] = f
	}
	v.named(f.At, name)
	setDefault(&f.Timeout, v.c.Limits.Timeout)
	if f.Timeout > v.c.Limits.Timeout {
		v.fail(f.At, "function %s: its timeout is above limits.timeout, which is %s; raise that", name, time.Duration(v.c.Limits.Timeout))
	}
	if f.Limit != nil {
		v.limit(f.Limit)
	}
	f.Ordered = v.params(f.Params)
	f.Allowed = v.callRule(f.Rule, f.Ordered, scope)
	if f.Rule == nil {
		v.warn(f.At, "%s.%s: only administrators may call it, because there is no rule; make it explicit with rule: 'false'", service, name)
	}
}

// params checks parameters, and returns them in the order of the file.
func (v *validator) params(params map[string]*Field) []*Field {
	var out []*Field
	for _, name := range sorted(params) {
		f := params[name]
		f.Name = name
		if f.Type == query.TypeID || f.Column != "" || f.Was != "" || f.To != "" || f.OnDelete != "" || f.Check != "" || f.Unique || f.Index || f.Search || f.Encrypt || f.Hash {
			v.fail(f.At, "the parameter %s has a type that is not id or ref, and of the options required, default, min, max, pattern, enum, fields and open", name)
			continue
		}
		v.unkeyed(f)
		out = append(out, f)
	}
	slices.SortStableFunc(out, byPlace)
	return out
}

// callRule compiles a rule over parameters.
func (v *validator) callRule(text *Text, params []*Field, scope rules.Scope) *rules.Rule {
	if text == nil {
		return nil
	}
	fields := make([]query.Field, len(params))
	for i, f := range params {
		fields[i] = query.Field{Name: f.Name, Type: f.Type, Inside: f.Inside()}
	}
	rule, err := rules.CompileCall(text.Source, fields, scope)
	if err != nil {
		v.expression(text, "the rule", err)
	}
	return rule
}
