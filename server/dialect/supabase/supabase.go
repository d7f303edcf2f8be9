// Package supabase is the dialect of supabase-js and the other clients of Supabase: the wire of PostgREST at /rest/v1,
// that of GoTrue at /auth/v1, that of Phoenix at /realtime/v1, storage at /storage/v1, and functions at /functions/v1, over the collections, the
// accounts, the live queries, the channels, the files and the services of Basalt.
//
// It is not for deciding: a request becomes calls of package crud and package auth, with the caller that they know, and
// what they answer is written in the form that the clients expect. Where the two worlds mean different things, README.md
// of this folder says which it is.
package supabase

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Dialect serves the clients of Supabase. It implements [dialect.Dialect].
type Dialect struct {
	dialect.Backend
	keys   Keys
	tables map[string]*table
	plans  *selections
	// schemas are those that tables and functions of the configuration are in, public first.
	schemas []string

	// configuredBuckets are the collections of files that are buckets. objectsOf has the objects of those that are rows of the
	// collection bucketRows; it is nil without these.
	configuredBuckets map[string]*files.Collection
	objectsOf         *files.Collection
	bucketRows        string
}

// public is the schema of every collection, whatever its table is called.
const public = "public"

// New returns the dialect of a configuration, which has the section compat.supabase.
func New(b dialect.Backend) *Dialect {
	d := &Dialect{Backend: b, keys: KeysOf(b.Config), tables: map[string]*table{}, plans: newSelections()}
	schemas := map[string]bool{}
	for name, c := range b.Config.Collections {
		d.tables[name] = newTable(name, c)
		if schema, _, ok := strings.Cut(c.Table, "."); ok {
			schemas[schema] = true
		}
	}
	for _, s := range b.Config.Services {
		if s.Schema != "" {
			schemas[s.Schema] = true
		}
	}
	delete(schemas, public)
	d.schemas = append([]string{public}, slices.Sorted(maps.Keys(schemas))...)
	d.bucketCollections()
	return d
}

// Prefixes implements [dialect.Dialect].
func (d *Dialect) Prefixes() []string {
	return []string{"/rest/v1/", "/auth/v1/", "/functions/v1/", "/realtime/v1/", storagePrefix}
}

// Headers implements [dialect.Headers].
func (d *Dialect) Headers() []string {
	return []string{"content-range", "preference-applied", "location", "x-supabase-api-version", "x-relay-error", "basalt-rule"}
}

// Routes implements [dialect.Dialect].
func (d *Dialect) Routes() []dialect.Route {
	rest := func(method, path string, op rules.Op, writes bool, do func(*call) (dialect.Response, error)) dialect.Route {
		return dialect.Route{Method: method, Path: path, Op: op, Writes: writes, Do: func(r *dialect.Request) (dialect.Response, error) {
			c, err := d.call(r)
			if err != nil {
				return answer(dialect.Response{}, err)
			}
			return answer(do(c))
		}}
	}
	routes := []dialect.Route{
		rest(http.MethodGet, "/rest/v1/", "", false, d.describe),
		rest(http.MethodGet, "/rest/v1/rpc/:function", "", true, d.invoke),
		rest(http.MethodPost, "/rest/v1/rpc/:function", "", true, d.once(d.invoke)),
		rest(http.MethodGet, "/rest/v1/:collection", rules.Read, false, d.list),
		rest(http.MethodPost, "/rest/v1/:collection", "", true, d.once(d.insert)),
		rest(http.MethodPut, "/rest/v1/:collection", "", true, d.once(d.put)),
		rest(http.MethodPatch, "/rest/v1/:collection", rules.Update, true, d.once(d.update)),
		rest(http.MethodDelete, "/rest/v1/:collection", rules.Delete, true, d.once(d.remove)),
	}
	return slices.Concat(routes, d.functionRoutes(), d.authRoutes(), d.storageRoutes(), d.broadcastRoutes())
}
