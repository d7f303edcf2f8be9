package config

import (
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/audit"
	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/rules"
)

// Event is one entry of `events`: what happens when a document changes (on: notes.created), when a user signs in
// (on: auth.signin), at a time (schedule), or when a client asks for it (rule).
type Event struct {
	At Position `json:"-"`
	// The cause: a collection with created, updated or deleted, such as notes.created; or auth with the name of a
	// security event, such as auth.signup.
	On string `json:"on,omitempty"`
	// A condition: an expression over auth, request and, as in the rules, next for created; doc and next for
	// updated; doc for deleted.
	When *Text `json:"when,omitempty"`
	// When it is raised, in the format of crontab(5): "0 3 * * *", "@every 10m".
	Schedule string `json:"schedule,omitempty"`
	// The time zone of the schedule, such as Europe/Berlin; UTC by default. Where clocks change, it is raised once a day.
	Timezone string `json:"timezone,omitempty"`
	// Who may queue it with POST /v1/events: an expression over auth, request and the parameters.
	Rule *Text `json:"rule,omitempty"`
	// The parameters that a client sends, described like the fields of a collection.
	Params map[string]*Field `json:"params,omitempty"`
	// How often a client may queue it.
	Limit *RateLimit `json:"limit,omitempty"`
	// The function to call, such as mail.welcome.
	Call string `json:"call,omitempty"`
	// Alternatively, the URL to send it to (Standard Webhooks).
	URL Secret `json:"url,omitempty"`
	// Alternatively, the stream of the bus to append it to, for any number of services that read it later.
	Stream string `json:"stream,omitempty"`
	// The secret that signs it; webhooks.secret by default.
	Secret Secret `json:"secret,omitempty"`
	// The field, or the parameter, that orders events: events with the same value are delivered in order. Default:
	// id; events of clients are unordered.
	Key string `json:"key,omitempty"`
	// How often a delivery is retried, 8 by default. After that the event is dead until it is replayed.
	Retries int `json:"retries,omitempty"`
	// The wait before the first retry, 1s by default; it doubles each time, up to an hour.
	Backoff Duration `json:"backoff,omitempty"`
	// The timeout of a delivery, 10s by default.
	Timeout Duration `json:"timeout,omitempty"`

	// What Load makes of the above.
	Collection        string      `json:"-"` // empty where it is not about one
	Op                rules.Op    `json:"-"`
	Security          string      `json:"-"` // the name of a security event
	Wanted            *rules.Rule `json:"-"`
	Times             Schedule    `json:"-"`
	Ordered           []*Field    `json:"-"`
	Allowed           *rules.Rule `json:"-"`
	Service, Function string      `json:"-"`
	KeyField          int         `json:"-"` // position in the collection, or among the parameters; -1 for none
}

// eventOps are the ends of `on`.
var eventOps = map[string]rules.Op{"created": rules.Create, "updated": rules.Update, "deleted": rules.Delete}

// events checks the section events and compiles its rules.
func (v *validator) events(scope rules.Scope) {
	for _, name := range sorted(v.c.Events) {
		e := v.c.Events[name]
		v.named(e.At, name)
		setDefault(&e.Retries, 8)
		setDefault(&e.Backoff, Duration(time.Second))
		setDefault(&e.Timeout, Duration(10*time.Second))
		if e.Secret == "" {
			e.Secret = v.c.Webhooks.Secret
		}
		e.KeyField = -1
		v.cause(name, e, scope)
		v.target(name, e)
	}
}

// cause checks what makes an event happen.
func (v *validator) cause(name string, e *Event, scope rules.Scope) {
	causes := 0
	for _, there := range []bool{e.On != "", e.Schedule != "", e.Rule != nil} {
		if there {
			causes++
		}
	}
	if causes != 1 {
		v.fail(e.At, `event %s: say one of on (as in "notes.created"), schedule (as in "0 3 * * *") and rule (for those that clients queue)`, name)
		return
	}
	if e.Timezone != "" && e.Schedule == "" {
		v.fail(e.At, "event %s: timezone is only for events with a schedule", name)
	}
	if e.When != nil && e.On == "" {
		v.fail(e.When.At, "event %s: when is only for events with on", name)
	}
	switch {
	case e.Schedule != "":
		times, err := parseSchedule(e.Schedule, e.Timezone)
		if err != nil {
			v.fail(e.At, "event %s: schedule: %s", name, err)
		}
		e.Times = times
	case e.Rule != nil:
		e.Ordered = v.params(e.Params)
		e.Allowed = v.callRule(e.Rule, e.Ordered, scope)
		if e.Limit != nil {
			v.limit(e.Limit)
		}
		if e.Key != "" {
			if e.KeyField = slices.IndexFunc(e.Ordered, func(f *Field) bool { return f.Name == e.Key }); e.KeyField < 0 {
				v.fail(e.At, "event %s: key: there is no parameter %q", name, e.Key)
			}
		}
	default:
		v.onChange(name, e, scope)
	}
}

func (v *validator) onChange(name string, e *Event, scope rules.Scope) {
	subject, what, _ := strings.Cut(e.On, ".")
	if subject == "auth" && v.c.Collections["auth"] == nil {
		e.Security = what
		switch {
		case v.c.Auth == nil:
			v.fail(e.At, "event %s: there is no section auth", name)
		case !slices.Contains(audit.Events, what):
			v.fail(e.At, "event %s: there is no security event %q%s", name, what, didYouMean(what, audit.Events))
		}
		if e.When != nil {
			v.fail(e.When.At, "event %s: when is for events of collections", name)
		}
		return
	}
	c, op := v.c.Collections[subject], eventOps[what]
	if c == nil || op == "" {
		v.fail(e.At, "event %s: on is a collection with created, updated or deleted, as in notes.created, not %q%s", name, e.On, didYouMean(subject, sorted(v.c.Collections)))
		return
	}
	e.Collection, e.Op, e.KeyField = subject, op, 0
	if e.Key != "" {
		if e.KeyField = c.Shape.Index(e.Key); e.KeyField < 0 {
			v.fail(e.At, "event %s: key: there is no field %q%s", name, e.Key, didYouMean(e.Key, c.Shape.Names()))
			e.KeyField = 0
		}
	}
	if e.When == nil {
		return
	}
	scope.Shape = c.Shape
	rule, err := rules.Compile(e.When.Source, scope, op)
	if err != nil {
		v.expression(e.When, "when", err)
	}
	e.Wanted = rule
}

// target checks where an event goes.
func (v *validator) target(name string, e *Event) {
	targets := 0
	for _, there := range []bool{e.Call != "", e.URL != "", e.Stream != ""} {
		if there {
			targets++
		}
	}
	switch {
	case targets != 1:
		v.fail(e.At, "event %s: say one of call (a function, as in mail.welcome), url (a webhook) and stream (of the bus)", name)
	case e.Stream != "":
		v.named(e.At, e.Stream)
		if driver, _ := bus.Driver(v.c.Bus.Driver); driver.Local {
			v.fail(e.At, "event %s: a stream takes a bus that keeps it, as in bus: { driver: nats, url: \"nats://127.0.0.1:4222\" }", name)
		}
	case e.Call != "":
		e.Service, e.Function, _ = strings.Cut(e.Call, ".")
		s := v.c.Services[e.Service]
		if s == nil || s.Functions[e.Function] == nil {
			v.fail(e.At, "event %s: there is no function %q in services", name, e.Call)
		}
	default:
		if !isAddress(e.URL) {
			v.fail(e.At, "event %s: url is an address such as https://hooks.example.com/basalt", name)
		}
	}
}
