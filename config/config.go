// Package config reads basalt.yaml: it decodes the file with the position of every value, fills in environment
// variables and defaults, and validates all of it, so that the result can be run.
//
// It is not for opening databases or serving anything: package server does that with the result. It is the only
// place that reads configuration and the environment.
package config

import (
	"net/netip"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Config is a whole configuration file. It is immutable after Load.
type Config struct {
	// The address and port to listen on.
	Listen string `json:"listen,omitempty"`
	// HTTPS without a proxy: certificates for domains, or of files.
	TLS *TLS `json:"tls,omitempty"`
	// How clients reach this server through a proxy.
	Server Server `json:"server,omitempty"`
	// The databases, by the name that collections use.
	Databases map[string]*Database `json:"databases"`
	// Identities and tokens. Without it every caller is anonymous.
	Auth *Auth `json:"auth,omitempty"`
	// The collections, by name. Clients cannot access anything else.
	Collections map[string]*Collection `json:"collections,omitempty"`
	// Named expressions for rules, such as "isMember(team)".
	Functions map[string]*Text `json:"functions,omitempty"`
	// Named conditions on the caller, used in rules as roles.NAME.
	Roles map[string]*Text `json:"roles,omitempty"`
	// Rules for several collections at once. A collection's own rules take precedence.
	Groups map[string]*Group `json:"groups,omitempty"`
	// How the webhooks of rules are called.
	Webhooks Webhooks `json:"webhooks,omitempty"`
	// The keys for fields that are encrypted or hashed.
	Encryption *Encryption `json:"encryption,omitempty"`
	// Files that Basalt serves itself.
	Static *Static `json:"static,omitempty"`
	// Where the bytes of files are kept, by the name that collections use. Without it, in data/files beside this file.
	Storage map[string]*Storage `json:"storage,omitempty"`
	// How mails are sent: sign-in links, address confirmations, password resets.
	Mail *Mail `json:"mail,omitempty"`
	// The store that nodes share: limits, and claims too large for a token.
	Redis *Redis `json:"redis,omitempty"`
	// The message bus between nodes.
	Bus *Bus `json:"bus,omitempty"`
	// Channels between clients, by name or pattern, such as "room:{id}".
	Channels map[string]*Channel `json:"channels,omitempty"`
	// Other programs: their functions are called by clients and receive events.
	Services map[string]*Service `json:"services,omitempty"`
	// Events and their receivers: raised by a change, by a schedule, or by a client.
	Events map[string]*Event `json:"events,omitempty"`
	// The APIs of other products that clients may speak to this server.
	Compat Compat `json:"compat,omitempty"`
	// Serves the collections as GraphQL, at /v1/graphql.
	GraphQL *GraphQL `json:"graphql,omitempty"`
	// Serves assistants with the Model Context Protocol, at /v1/mcp.
	MCP *MCP `json:"mcp,omitempty"`
	// Administrators' keys.
	Admin Admin `json:"admin,omitempty"`
	// The web console, at /console/ unless this says otherwise.
	Console *Console `json:"console,omitempty"`
	// Who may read /metrics; public by default.
	Metrics Page `json:"metrics,omitempty"`
	// Who may read /openapi.json, which names all collections and fields; public by default.
	OpenAPI Page `json:"openapi,omitempty"`
	// Networks of proxies and load balancers, such as 10.0.0.0/8, whose X-Forwarded-For or Forwarded says who calls, and
	// X-Forwarded-Host where they have called. Without it, every client behind a proxy counts as one address.
	Proxies []string `json:"proxies,omitempty"`
	// Limits of one request.
	Limits Limits `json:"limits,omitempty"`
	// Copies of SQLite databases and files, made while the server runs.
	Backups *Backups `json:"backups,omitempty"`
	// Which other origins may call from a browser.
	CORS CORS `json:"cors,omitempty"`
	// How the log is written.
	Log Log `json:"log,omitempty"`
	// Where traces of requests are sent.
	Telemetry *Telemetry `json:"telemetry,omitempty"`

	// Scope is what the expressions of the file may use, without the fields of one collection.
	Scope rules.Scope `json:"-"`
	// Path is the file that was read, Dir the base directory of relative paths in it.
	Path string `json:"-"`
	Dir  string `json:"-"`
	// Trusted are the networks of Proxies.
	Trusted []netip.Prefix `json:"-"`
	// Exposed are the warnings about secrets that may be publicly known. With them the server serves this machine
	// only.
	Exposed []Problem `json:"-"`
	// Warnings are problems that do not prevent a start.
	Warnings []Problem `json:"-"`
	// Notes describe who has access to what, and are never errors.
	Notes []Problem `json:"-"`
}

// Database is one entry of `databases`.
type Database struct {
	At Position `json:"-"`
	// The driver: sqlite, postgres, mysql (also for MariaDB), mongo or memory.
	Driver string `json:"driver"`
	// The URL of the database; for sqlite `file:` and a path. A memory database has none.
	URL Secret `json:"url,omitempty"`
	// Read replicas of the database, for postgres.
	Replicas []Secret `json:"replicas,omitempty"`
}

// Settings returns the driver's configuration; relative paths start from dir.
func (d *Database) Settings(dir string) db.Config {
	out := db.Config{URL: d.URL.Reveal(), Dir: dir}
	for _, r := range d.Replicas {
		out.Replicas = append(out.Replicas, r.Reveal())
	}
	return out
}

// Collection is one entry of `collections`.
type Collection struct {
	At Position `json:"-"`
	// The database of the collection; optional if there is only one.
	Database string `json:"database,omitempty"`
	// The table, if its name differs from the collection's.
	Table string `json:"table,omitempty"`
	// The column of the id, if it is not id; or the column of a field, or those of several, whose values compose the id.
	Key Names `json:"key,omitempty"`
	// The fields. `id` need not be listed. Only a collection of files may have none of its own.
	Fields map[string]*Field `json:"fields,omitempty"`
	// Indexes of several fields, or of a part of the documents. One of a single field is index: or unique: there.
	Indexes []*Index `json:"indexes,omitempty"`
	// Who may do what. An operation without a rule is denied.
	Rules Rules `json:"rules,omitempty"`
	// Values that the server sets, whatever the client sends.
	Set Set `json:"set,omitempty"`
	// Fields that a client cannot set; a value for one is ignored.
	Unset Unset `json:"unset,omitempty"`
	// For a field, a rule that must hold to read it; otherwise it is left out.
	FieldsReadable map[string]*Text `json:"fields_readable,omitempty"`
	// For a field, a rule that must hold to write it.
	FieldsWritable map[string]*Text `json:"fields_writable,omitempty"`
	// Whether live queries are enabled; false disables them.
	Realtime *bool `json:"realtime,omitempty"`
	// Rate limits of the callers, for read, create, update and delete.
	Limits map[string]*RateLimit `json:"limits,omitempty"`
	// Caches the answers to reads.
	Cache *Cache `json:"cache,omitempty"`
	// How the collection is served as GraphQL.
	GraphQL *CollectionGraphQL `json:"graphql,omitempty"`
	// Its documents are files. They have the fields path, name, type, size, sha256, created, updated and metadata besides.
	Files *Files `json:"files,omitempty"`

	// What Load makes of the above. Ordered has the fields in the order of the file, starting with
	// the id; Readable and Writable have one entry a field, nil where there is no rule.
	Name string `json:"-"`
	// composed says that the id has no column: it consists of the fields of the key.
	composed    bool
	Shape       *query.Shape             `json:"-"`
	Ordered     []*Field                 `json:"-"`
	Compiled    map[rules.Op]*rules.Rule `json:"-"`
	Readable    []*rules.Rule            `json:"-"`
	Writable    []*rules.Rule            `json:"-"`
	SetCreate   []Forced                 `json:"-"`
	SetUpdate   []Forced                 `json:"-"`
	UnsetCreate []int                    `json:"-"`
	UnsetUpdate []int                    `json:"-"`
	Indexed     []db.Index               `json:"-"`
}

// Index is one entry of `indexes`.
type Index struct {
	At Position `json:"-"`
	// The fields, in order; -created is descending.
	Fields []string `json:"fields"`
	// Whether two documents cannot have the same values. Null is never the same.
	Unique bool `json:"unique,omitempty"`
	// Which documents the index has, as a filter such as "done == false": comparisons with values, &&, || and !.
	Where *Text `json:"where,omitempty"`
}

// Group is one entry of `groups`.
type Group struct {
	At Position `json:"-"`
	// The names of the collections, where * matches any letters, such as audit_*.
	Collections string `json:"collections"`
	// Rules for the operations that a collection has no rule for.
	Rules Rules `json:"rules,omitempty"`
	// For a field, a rule that must hold to read it.
	FieldsReadable map[string]*Text `json:"fields_readable,omitempty"`
	// For a field, a rule that must hold to write it.
	FieldsWritable map[string]*Text `json:"fields_writable,omitempty"`
}

// Unset is the section `unset` of a collection.
type Unset struct {
	// Dropped from new documents.
	Create []string `json:"create,omitempty"`
	// Dropped from every change.
	Update []string `json:"update,omitempty"`
}

// Webhooks is the section `webhooks`.
type Webhooks struct {
	// The secret that signs requests (Standard Webhooks); without it they are not signed.
	Secret Secret `json:"secret,omitempty"`
	// The timeout of a webhook. A webhook that takes longer denies.
	Timeout Duration `json:"timeout,omitempty"`
}

// Encryption is the section `encryption`.
type Encryption struct {
	At Position `json:"-"`
	// Keys by id: 32 or more random characters. Keep old keys, so that values encrypted with them stay readable.
	Keys map[string]Secret `json:"keys"`
	// The id of the key that encrypts and hashes new values.
	Current string `json:"current"`
}

// Forced is a compiled entry of `set`.
type Forced struct {
	Field int // position in the shape
	Value *rules.Rule
}

// Field is one entry of `fields`.
type Field struct {
	At   Position `json:"-"`
	Name string   `json:"-"`
	// The type of its values. The id is of type id, int, uuid or string, which is any string.
	Type query.Type `json:"type" jsonschema:"enum=id,enum=string,enum=int,enum=float,enum=decimal,enum=bool,enum=time,enum=date,enum=uuid,enum=json,enum=list,enum=bytes,enum=ref"`
	// The type of the elements of a list.
	Of query.Type `json:"of,omitempty" jsonschema:"enum=string,enum=int,enum=float,enum=bool,enum=time,enum=date,enum=uuid,enum=decimal"`
	// The collection that a ref points to.
	To string `json:"to,omitempty"`
	// What a delete of the document that a ref points to does here: it is refused (restrict), deletes the referring
	// documents too (cascade), or empties the field (null). Without it, nothing.
	OnDelete Action `json:"on_delete,omitempty"`
	// How a ref is checked when it is written: without it, the caller must be able to read the document it points
	// to; exists, it must exist; none, not at all.
	Check string `json:"check,omitempty" jsonschema:"enum=exists,enum=none"`
	// The stored column, if its name differs from the field's. Any name of an existing table can be one.
	Column string `json:"column,omitempty"`
	// The column that the field had before. Its data is kept under the new name.
	Was string `json:"was,omitempty"`
	// Whether a value is required.
	Required bool `json:"required,omitempty"`
	// Whether values must be unique.
	Unique bool `json:"unique,omitempty"`
	// Whether the field is indexed.
	Index bool `json:"index,omitempty"`
	// How a decimal is sent: as a number, which is the default, or as a string, which no client rounds.
	JSON string `json:"json,omitempty" jsonschema:"enum=number,enum=string"`
	// The default of a new document; "now()" for a time or a date.
	Default *Literal `json:"default,omitempty"`
	// The smallest number or date, or the smallest length of a string or a list.
	Min *Literal `json:"min,omitempty"`
	// The largest number or date, or the largest length of a string or a list.
	Max *Literal `json:"max,omitempty"`
	// A regular expression (RE2) that a string has to match.
	Pattern *Text `json:"pattern,omitempty"`
	// The only values allowed.
	Enum []Literal `json:"enum,omitempty"`
	// Whether the full-text search covers the field.
	Search bool `json:"search,omitempty"`
	// Whether the string is stored encrypted (AES-256-GCM). It can be read, but not searched.
	Encrypt bool `json:"encrypt,omitempty"`
	// Whether the string is stored as a keyed hash (HMAC-SHA-256). It can be searched, but not read.
	Hash bool `json:"hash,omitempty"`

	// Served says that the server sets the value of a file's document.
	Served bool `json:"-"`
	// AnyID says that an id can be any string.
	AnyID bool `json:"-"`
	// Hidden says that administrators alone see it.
	Hidden bool `json:"-"`
}

// Rules is the section `rules` of a collection.
type Rules struct {
	// Which documents a caller may see.
	Read *Text `json:"read,omitempty"`
	// Which documents a caller may create.
	Create *Text `json:"create,omitempty"`
	// Which documents a caller may change, and into what.
	Update *Text `json:"update,omitempty"`
	// Which documents a caller may delete.
	Delete *Text `json:"delete,omitempty"`
}

// Set is the section `set` of a collection: expressions over auth, request and next.
type Set struct {
	// Set in new documents.
	Create map[string]*Text `json:"create,omitempty"`
	// Set in every change.
	Update map[string]*Text `json:"update,omitempty"`
}

// Bus is the section `bus`.
type Bus struct {
	At Position `json:"-"`
	// memory, for a single node; redis or nats.
	Driver string `json:"driver" jsonschema:"enum=memory,enum=redis,enum=nats"`
	// The URL of the server; optional for redis if there is a section redis.
	URL Secret `json:"url,omitempty"`
	// How long streams retain events, 168h by default.
	Keep Duration `json:"keep,omitempty"`
}

// Channel is one entry of `channels`.
type Channel struct {
	At Position `json:"-"`
	// Who may subscribe, and see who is present: an expression over auth, request and the parameters of the name,
	// such as params.id.
	Subscribe *Text `json:"subscribe,omitempty"`
	// Who may publish.
	Publish *Text `json:"publish,omitempty"`
	// How many earlier messages new subscribers receive.
	History int `json:"history,omitempty"`

	// What Load makes of the above. Params are the names in the pattern, in their order.
	Pattern                  string      `json:"-"`
	Params                   []string    `json:"-"`
	MaySubscribe, MayPublish *rules.Rule `json:"-"`
}

// Static is the section `static`.
type Static struct {
	At Position `json:"-"`
	// The URL path of the files.
	Path string `json:"path,omitempty"`
	// The directory of the files, relative to the configuration file.
	Dir string `json:"dir"`
	// The file to serve if a file does not exist, for apps that route in the browser.
	Fallback string `json:"fallback,omitempty"`
}

// Admin is the section `admin`.
type Admin struct {
	// Keys for `Authorization: Bearer KEY`: every rule passes, every use is logged.
	Keys []Secret `json:"keys,omitempty"`
	// A condition on auth: who is signed in and satisfies it is an administrator, too.
	Users *Text `json:"users,omitempty"`

	// What Load makes of Users; nil without it.
	Who *rules.Rule `json:"-"`
}

// Server is the section `server`.
type Server struct {
	At Position `json:"-"`
	// The path that a proxy serves this server below, such as /api. It is in the addresses that this server gives
	// out. A request may come with it, or without it where the proxy takes it off. By default that of auth.url.
	Base string `json:"base,omitempty"`
}

// Page is the section `metrics` or `openapi`.
type Page struct {
	// Required as Authorization: Bearer TOKEN. Keys of admin.keys are accepted too.
	Token Secret `json:"token"`
}

// CORS is the section `cors`.
type CORS struct {
	// Origins such as https://app.example.com or https://*.example.com, or "*" for any; besides that of auth.url and
	// those of auth.redirects. They may send any header, call, and open live connections.
	Origins []string `json:"origins,omitempty"`
}

// Log is the section `log`.
type Log struct {
	At Position `json:"-"`
	// The lowest level of logged messages.
	Level string `json:"level,omitempty" jsonschema:"enum=debug,enum=info,enum=warn,enum=error"`
	// The format of the log. Without it, lines for people on a terminal, and text elsewhere.
	Format string `json:"format,omitempty" jsonschema:"enum=text,enum=json"`
}

// defaults fills in what the file leaves out.
func (c *Config) defaults() {
	if c.TLS != nil {
		c.TLS.defaults(c)
	}
	setDefault(&c.Listen, ":4122")
	setDefault(&c.Limits.Page, 500)
	setDefault(&c.Limits.Body, 1<<20)
	setDefault(&c.Limits.Documents, 10_000)
	setDefault(&c.Limits.Expansions, 20)
	setDefault(&c.Limits.Answer, 16<<20)
	setDefault(&c.Limits.Memory, 256<<20)
	setDefault(&c.Limits.Webhooks, 50)
	setDefault(&c.Limits.Depth, 32)
	setDefault(&c.Limits.Nodes, 500)
	setDefault(&c.Limits.Timeout, Duration(10*time.Second))
	setDefault(&c.Limits.Batch, 500)
	setDefault(&c.Limits.Cascade, 10_000)
	setDefault(&c.Limits.Connections, 20_000)
	setDefault(&c.Limits.UserConnections, 100)
	setDefault(&c.Limits.Subscriptions, 100)
	setDefault(&c.Limits.Queue, 1<<20)
	setDefault(&c.Limits.Message, 64<<10)
	setDefault(&c.Limits.State, 4<<10)
	setDefault(&c.Limits.History, 64<<20)
	setDefault(&c.Limits.Live, 256<<20)
	setDefault(&c.Limits.Cache, 64<<20)
	setDefault(&c.Limits.Concurrency, 1000)
	if c.Telemetry != nil {
		setDefault(&c.Telemetry.Sample, 100)
		setDefault(&c.Telemetry.Name, "basalt")
	}
	setDefault(&c.Webhooks.Timeout, Duration(2*time.Second))
	setDefault(&c.Log.Level, "info")
	only := ""
	if len(c.Databases) == 1 {
		for name := range c.Databases {
			only = name
		}
	}
	if c.Auth != nil {
		c.Auth.defaults(only)
	}
	if c.Mail != nil {
		setDefault(&c.Mail.App, "this app")
	}
	for name, col := range c.Collections {
		col.Name = name
		setDefault(&col.Database, only)
		setDefault(&col.Table, name)
		if len(col.Key) == 0 {
			col.Key = Names{"id"}
		}
	}
	for _, s := range c.Services {
		if s.Driver == "database" {
			setDefault(&s.Database, only)
		}
	}
	c.storages()
	if c.Backups != nil {
		c.Backups.defaults()
	}
	if c.Static != nil {
		setDefault(&c.Static.Path, "/")
	}
	if c.Console == nil {
		c.Console = &Console{}
	}
	setDefault(&c.Console.Path, "/console")
	if c.GraphQL != nil {
		c.GraphQL.defaults()
	}
	if c.MCP != nil {
		c.MCP.defaults()
	}
	if c.Bus == nil {
		c.Bus = &Bus{Driver: "memory"}
	}
	setDefault(&c.Bus.Keep, Duration(7*24*time.Hour))
	if c.Bus.Driver == "redis" && c.Bus.URL == "" && c.Redis != nil {
		c.Bus.URL = c.Redis.URL
	}
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}
