// Package config reads basalt.yaml: it decodes the file with the position of every value, fills in environment
// variables and defaults, and validates all of it, so that the result can be run.
//
// It is not for opening databases or serving anything: package server does that with the result. It is the only
// place that reads configuration and the environment.
package config

import (
	"net/netip"

	"github.com/basalt-dev/basalt/modules/db"
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
