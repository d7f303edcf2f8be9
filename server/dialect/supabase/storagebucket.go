package supabase

import (
	"maps"
	"slices"

	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/server/dialect"
)

// bucket is a bucket as clients see it.
type bucket struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Owner   string   `json:"owner"`
	Type    string   `json:"type"`
	Public  bool     `json:"public"`
	Max     int64    `json:"file_size_limit"`
	Types   []string `json:"allowed_mime_types"`
	Created string   `json:"created_at"`
	Updated string   `json:"updated_at"`
}

// since is what buckets say of their creation: the configuration does not know it.
const since = "1970-01-01T00:00:00.000Z"

func bucketOf(c *files.Collection) bucket {
	return bucket{c.Name, c.Name, "", "STANDARD", c.Public, c.Max, c.Types, since, since}
}

// buckets is GET /bucket. As in Supabase without a policy on buckets, the service alone sees them.
func (d *Dialect) buckets(r *dialect.Request) (dialect.Response, error) {
	out := []bucket{}
	if r.Caller.Admin {
		for _, name := range slices.Sorted(maps.Keys(d.Files.Collections)) {
			out = append(out, bucketOf(d.Files.Collections[name]))
		}
	}
	return asJSON(out)
}

// getBucket is GET /bucket/{id}.
func (d *Dialect) getBucket(r *dialect.Request) (dialect.Response, error) {
	c, err := d.bucketOf(r.Segment("bucket"))
	if err != nil || !r.Caller.Admin {
		return dialect.Response{}, errNoBucket
	}
	return asJSON(bucketOf(c))
}

// makeBucket is POST /bucket: buckets that are there already are, and others are of the configuration.
func (d *Dialect) makeBucket(r *dialect.Request) (dialect.Response, error) {
	if !r.Caller.Admin {
		return dialect.Response{}, errNotService
	}
	var asked struct{ ID, Name string }
	if err := d.readJSON(r, &asked); err != nil {
		return dialect.Response{}, err
	}
	for _, name := range []string{asked.ID, asked.Name} {
		if d.Files.Collections[name] != nil {
			return dialect.Response{}, storageProblem{"409", "Duplicate", "The resource already exists", "ResourceAlreadyExists"}
		}
	}
	return d.configured(r)
}

var errNotService = storageProblem{"403", "Unauthorized", "new row violates row-level security policy", "AccessDenied"}

// configured refuses what the configuration decides.
func (d *Dialect) configured(r *dialect.Request) (dialect.Response, error) {
	if !r.Caller.Admin {
		return dialect.Response{}, errNotService
	}
	return dialect.Response{}, storageProblem{"400", "not_supported", "Buckets are collections with `files:` in the configuration; change them there", "NotSupported"}
}

// emptyBucket is POST /bucket/{id}/empty, for the service.
func (d *Dialect) emptyBucket(r *dialect.Request) (dialect.Response, error) {
	c, err := d.bucketOf(r.Segment("bucket"))
	if err != nil {
		return dialect.Response{}, err
	}
	if !r.Caller.Admin {
		return dialect.Response{}, errNotService
	}
	if _, err := d.Crud.DeleteWhere(r.Context, r.Caller, c.Name, []byte(`{"id":{"$exists":true}}`)); err != nil {
		return dialect.Response{}, err
	}
	return done("Successfully emptied")
}
