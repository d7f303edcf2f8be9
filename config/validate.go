package config

import (
	"cmp"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

var (
	namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)
)

// validator checks what the types cannot say.
type validator struct {
	*decoder
	c *Config
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

func (v *validator) all() {
	c := v.c
	if len(c.Databases) == 0 {
		v.fail(Position{1, 1}, `there is no database; the smallest is
  databases: { main: { driver: sqlite, url: "file:data/app.db" } }`)
	}
	for _, name := range sorted(c.Databases) {
		v.database(name, c.Databases[name])
	}
	if c.Auth != nil {
		v.auth(c.Auth)
	}
	v.storage()
	v.backups()
	for _, name := range sorted(c.Collections) {
		v.collection(c.Collections[name])
	}
	v.references()
	v.policy()
	v.profile()
	v.tables()
	v.secrets()
	v.bus(c.Bus)
	if c.Bus.Keep < Duration(time.Minute) {
		v.fail(c.Bus.At, "bus.keep is a minute or more")
	}
	if c.Static != nil {
		v.static(c.Static)
	}
	for i, key := range c.Admin.Keys {
		if len(key) < 16 {
			v.fail(v.place(&c.Admin.Keys[i]), "a key of admin.keys is shorter than 16 characters; make one with: openssl rand -hex 32")
		}
	}
	v.adminUsers()
	v.console()
	v.tls()
	v.graphQL()
	v.mcp()
	v.corsOrigins()
	v.base()
	for i, proxy := range c.Proxies {
		prefix, err := netip.ParsePrefix(proxy)
		if err != nil {
			v.fail(v.place(&c.Proxies[i]), "proxies: %q is not a network such as 10.0.0.0/8 or 127.0.0.1/32", proxy)
		}
		c.Trusted = append(c.Trusted, prefix.Masked())
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		v.fail(c.Log.At, "log.level is debug, info, warn or error, not %q", c.Log.Level)
	}
	if !slices.Contains([]string{"", "text", "json"}, c.Log.Format) {
		v.fail(c.Log.At, "log.format is text or json, not %q", c.Log.Format)
	}
	if t := c.Telemetry; t != nil {
		if !isAddress(t.OTLP) {
			v.fail(t.At, "telemetry.otlp is where a collector takes OTLP over HTTP, as in http://127.0.0.1:4318")
		}
		if t.Sample > 100 {
			v.fail(t.At, "telemetry.sample is the percentage of requests that are traced")
		}
	}
	if time.Duration(c.Limits.Drain) > time.Minute {
		v.fail(c.Limits.At, "limits.drain is 1m at most")
	}
	if c.Limits.Documents > 1_000_000 || c.Limits.Expansions > 1000 || c.Limits.Webhooks > 1000 || c.Limits.Answer > 1<<30 {
		v.fail(c.Limits.At, "limits: documents is at most 1000000, expansions and webhooks are at most 1000, answer is at most 1GiB")
	}
	if c.Limits.Memory < 1<<20 || c.Limits.Memory < c.Limits.Body {
		v.fail(c.Limits.At, "limits.memory is 1MiB or more, and no less than limits.body")
	}
	if c.Limits.Live < 1<<20 {
		v.fail(c.Limits.At, "limits.live is 1MiB or more")
	}
	if c.Limits.Cascade > 100_000 {
		v.fail(c.Limits.At, "limits.cascade is at most 100000")
	}
	if c.Limits.Depth > 1000 || c.Limits.Nodes > 10_000 || c.Limits.Page > 10_000 || c.Limits.Batch > 10_000 {
		v.fail(c.Limits.At, "limits: depth is at most 1000, nodes, page and batch are at most 10000")
	}
}

func (v *validator) bus(b *Bus) {
	driver, known := bus.Driver(b.Driver)
	switch {
	case b.Driver == "": // reported already
	case !known:
		v.fail(b.At, "bus.driver is one of %s, not %q", strings.Join(bus.Drivers(), ", "), b.Driver)
	case b.URL == "" && !driver.Local:
		v.fail(b.At, "bus.url is missing: where %s is", b.Driver)
	}
}

// named checks the name of something that others call by it.
func (v *validator) named(at Position, name string) {
	if !namePattern.MatchString(name) {
		v.fail(at, "the name %q is not 1 to 63 letters, digits and _, starting with a letter", name)
	}
}

func (v *validator) database(name string, d *Database) {
	if !namePattern.MatchString(name) {
		v.fail(d.At, "the name %q is not made of letters, digits and _", name)
	}
	if d.Driver == "" { // reported already
		return
	}
	switch err := db.Check(d.Driver, d.Settings(v.c.Dir)); {
	case err != nil && d.URL == "" && slices.Contains(db.Drivers(), d.Driver):
		v.fail(d.At, "databases.%s.url is missing: where the database is", name)
	case err != nil:
		v.fail(d.At, "%s", err)
	}
}

// knownDatabase checks the name of a database that something lives in.
func (v *validator) knownDatabase(at Position, name string) {
	switch {
	case len(v.c.Databases) == 0 || v.c.Databases[name] != nil:
	case name == "":
		v.fail(at, "there are several databases; say which one with `database: %s`", strings.Join(sorted(v.c.Databases), "` or `"))
	default:
		v.fail(at, "there is no database %q%s", name, didYouMean(name, sorted(v.c.Databases)))
	}
}

func (v *validator) static(s *Static) {
	if !strings.HasPrefix(s.Path, "/") {
		v.fail(s.At, "static.path starts with /")
	}
	dir := s.Dir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(v.c.Dir, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		v.fail(s.At, "static.dir: there is no directory %s", dir)
		return
	}
	s.Dir = dir
	v.servesNothingPrivate(s)
	if s.Fallback == "" {
		return
	}
	if !filepath.IsLocal(s.Fallback) {
		v.fail(s.At, "static.fallback is a file inside static.dir")
	} else if _, err := os.Stat(filepath.Join(dir, s.Fallback)); err != nil {
		v.fail(s.At, "static.fallback: there is no file %s", filepath.Join(dir, s.Fallback))
	}
}

// tables refuses two collections that would share a table.
func (v *validator) tables() {
	seen := map[string]string{}
	for _, name := range sorted(v.c.Collections) {
		col := v.c.Collections[name]
		key := col.Database + "." + strings.ToLower(col.Table)
		if other, taken := seen[key]; taken {
			v.fail(col.At, "the collections %q and %q share the table %q", other, name, col.Table)
		}
		seen[key] = name
	}
}

func (v *validator) collection(c *Collection) {
	v.named(c.At, c.Name)
	if !isTable(c.Table) {
		v.fail(c.At, "table is a name of 1 to 63 bytes without control characters, after that of a schema and a dot if it is in one, and not one of Basalt's own, such as _users")
	}
	v.knownDatabase(c.At, c.Database)
	for _, op := range sorted(c.Limits) {
		if l := c.Limits[op]; !slices.Contains(rules.Ops, rules.Op(op)) {
			v.fail(l.At, "limits: there are read, create, update and delete, not %q", op)
		} else {
			v.limit(l)
		}
	}
	if k := c.Cache; k != nil && (k.TTL <= 0 || k.Stale < 0 || time.Duration(k.TTL+k.Stale) > 24*time.Hour) {
		v.fail(k.At, "cache: ttl is longer than nothing, and with stale 24h at most, as in { ttl: 30s, stale: 5m }")
	}
	switch {
	case c.Files != nil:
		v.files(c)
	case c.Fields == nil && !c.Open:
		v.fail(c.At, "the key \"fields\" is missing here")
	}
	if c.Fields["id"] == nil {
		if c.Fields == nil {
			c.Fields = map[string]*Field{}
		}
		c.Fields["id"] = &Field{Type: query.TypeID}
	}
	v.open(c)
	lower := map[string]string{}
	for _, name := range sorted(c.Fields) {
		f := c.Fields[name]
		f.Name = name
		c.Ordered = append(c.Ordered, f)
		if other, taken := lower[strings.ToLower(name)]; taken {
			v.fail(f.At, "the fields %q and %q differ only in case, which databases do not tell apart", other, name)
		}
		lower[strings.ToLower(name)] = name
		if !f.Rest {
			v.field(f)
		}
	}
	v.columns(c)
	v.key(c)
	slices.SortStableFunc(c.Ordered, func(a, b *Field) int {
		if (a.Name == "id") != (b.Name == "id") {
			return map[bool]int{true: -1, false: 1}[a.Name == "id"]
		}
		if a.Rest != b.Rest {
			return map[bool]int{true: 1, false: -1}[a.Rest]
		}
		return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	fields := make([]query.Field, len(c.Ordered))
	for i, f := range c.Ordered {
		fields[i] = query.Field{
			Name: f.Name, Type: f.Type, NotNull: f.Name == "id" || c.composed && slices.Contains(c.Key, f.Name),
			Sealed: f.Encrypt || f.Hash, Hashed: f.Hash, Search: f.Search, Ref: f.To != "", Inside: f.Inside(),
		}
		if to := v.c.Collections[f.To]; to != nil && !to.composed {
			fields[i].To = f.To
		}
	}
	if c.composed {
		fields[0].Of = c.Key
	}
	c.Shape = query.NewShape(fields)
	v.indexes(c)
	v.queries(c)
}
