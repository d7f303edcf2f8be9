package supabase

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// A bucket is a collection of files, or a row: a document of the collection of buckets, whose objects are in the one that
// compat.supabase.objects names. There the path of an object begins with the name of its bucket, to which its field refers.

// bucketField is the field of objects that refers to their bucket.
const bucketField = config.BucketField

// bucket is where some objects are: the collection, with the bounds of the bucket.
type bucket struct {
	*files.Collection
	name   string
	row    bool
	prefix string // of the paths in the collection
}

// path is the path in the collection of an object's.
func (b *bucket) path(at string) string { return b.prefix + at }

// fields are those of the document of a new object.
func (b *bucket) fields() map[string]json.RawMessage {
	if !b.row {
		return nil
	}
	name, _ := json.Marshal(b.name) // a string
	return map[string]json.RawMessage{bucketField: name}
}

// bounds are what a bucket says of its objects, as clients see and send it.
type bounds struct {
	Public bool     `json:"public"`
	Max    *int64   `json:"file_size_limit"`
	Types  []string `json:"allowed_mime_types"`
}

// listedBucket is a bucket as clients see it.
type listedBucket struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Owner string `json:"owner"`
	Type  string `json:"type"`
	bounds
	Created string `json:"created_at"`
	Updated string `json:"updated_at"`
}

// since is what buckets say of their creation where it is not known.
const since = "1970-01-01T00:00:00.000Z"

func configuredBucket(c *files.Collection) listedBucket {
	return listedBucket{c.Name, c.Name, "", "STANDARD", bounds{c.Public, &c.Max, c.Types}, since, since}
}

// rowBucket is a bucket of its row.
func rowBucket(doc crud.Document) (listedBucket, error) {
	l := listedBucket{Type: "STANDARD", Created: since, Updated: since}
	err := json.Unmarshal(doc.AppendJSON(nil), &l)
	l.Name = l.ID
	return l, err
}

// bucketOf returns the bucket of a name, whoever asks: the rules are those of its objects.
func (d *Dialect) bucketOf(r *dialect.Request, name string) (*bucket, error) {
	if c := d.configuredBuckets[name]; c != nil {
		return &bucket{Collection: c, name: name}, nil
	}
	if d.objectsOf == nil || files.CheckName(name) != "" {
		return nil, errNoBucket
	}
	server := anyone(r.Caller)
	server.Admin = true
	l, err := d.readBucket(r, server, name)
	if err != nil {
		return nil, err
	}
	c := *d.objectsOf
	c.Public = l.Public
	if l.Max != nil {
		c.Max = min(c.Max, *l.Max)
	}
	if len(l.Types) > 0 {
		c.Types = both(c.Types, l.Types)
	}
	return &bucket{&c, name, true, name + "/"}, nil
}

// both returns the patterns of media types that two lists have in common, of which none means all.
func both(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	out := slices.DeleteFunc(slices.Clone(b), func(t string) bool { return !files.Accepts(a, t) })
	out = append(out, slices.DeleteFunc(slices.Clone(a), func(t string) bool { return !files.Accepts(b, t) })...)
	if len(out) == 0 {
		return []string{"none/none"}
	}
	return out
}

// file finds an object that a caller may read.
func (d *Dialect) file(r *dialect.Request, caller crud.Caller, b *bucket, at string) (*files.File, error) {
	f, err := d.Files.GetPath(r.Context, d.Crud, caller, b.Collection, b.path(at))
	if err == nil && b.row && f.Value(bucketField).Text() != b.name { // the native API has put it there
		return nil, errNoObject
	}
	return f, err
}

// readBucket reads the row of a bucket as a caller sees it.
func (d *Dialect) readBucket(r *dialect.Request, caller crud.Caller, name string) (listedBucket, error) {
	found, err := d.Crud.Read(r.Context, caller, crud.Read{Collection: d.bucketRows, Kind: crud.Get, ID: name})
	switch code := fault.CodeOf(err); {
	case err == nil && len(found.Documents) == 1:
		return rowBucket(found.Documents[0])
	case err == nil, code == fault.NotFound, code == fault.Unauthenticated, code == fault.Forbidden, code == fault.Invalid:
		return listedBucket{}, errNoBucket
	}
	return listedBucket{}, err
}

// maxBuckets is how many buckets a list has.
const maxBuckets = 10_000

// buckets is GET /bucket. As in Supabase without a policy on buckets, the service alone sees those of the configuration; rows are
// seen as the rules of their collection say.
func (d *Dialect) buckets(r *dialect.Request) (dialect.Response, error) {
	q, err := r.Query()
	if err != nil {
		return dialect.Response{}, err
	}
	all, err := d.bucketRowsOf(r)
	if err != nil {
		return dialect.Response{}, err
	}
	if r.Caller.Admin {
		for _, c := range d.configuredBuckets {
			all = append(all, configuredBucket(c))
		}
	}
	search := strings.ToLower(q.Get("search"))
	all = slices.DeleteFunc(all, func(l listedBucket) bool { return !strings.Contains(strings.ToLower(l.Name), search) })
	by := map[string]func(l listedBucket) string{
		"": func(l listedBucket) string { return l.Name }, "id": func(l listedBucket) string { return l.Name }, "name": func(l listedBucket) string { return l.Name },
		"created_at": func(l listedBucket) string { return l.Created }, "updated_at": func(l listedBucket) string { return l.Updated },
	}[q.Get("sortColumn")]
	if by == nil {
		return dialect.Response{}, badRequest("sortColumn is id, name, created_at or updated_at")
	}
	slices.SortFunc(all, func(a, b listedBucket) int { return strings.Compare(by(a)+"\x00"+a.Name, by(b)+"\x00"+b.Name) })
	if q.Get("sortOrder") == "desc" {
		slices.Reverse(all)
	}
	offset, err := numberOf(q.Get("offset"), 0)
	if err != nil {
		return dialect.Response{}, err
	}
	limit, err := numberOf(q.Get("limit"), len(all))
	if err != nil {
		return dialect.Response{}, err
	}
	all = all[min(offset, len(all)):]
	return asJSON(all[:min(limit, len(all))])
}

// bucketRowsOf reads the rows of buckets that the caller sees.
func (d *Dialect) bucketRowsOf(r *dialect.Request) ([]listedBucket, error) {
	out, after := []listedBucket{}, ""
	for d.objectsOf != nil && len(out) < maxBuckets {
		body, err := json.Marshal(map[string]any{"where": map[string]any{"id": map[string]any{"$gt": after}}, "sort": []string{"id"}, "limit": d.Config.Limits.Page})
		if err != nil {
			return nil, err
		}
		found, err := d.Crud.Read(r.Context, r.Caller, crud.Read{Collection: d.bucketRows, Body: body})
		if code := fault.CodeOf(err); code == fault.Unauthenticated || code == fault.Forbidden {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, doc := range found.Documents {
			l, err := rowBucket(doc)
			if err != nil {
				return nil, err
			}
			out, after = append(out, l), l.ID
		}
		if len(found.Documents) < d.Config.Limits.Page {
			break
		}
	}
	return out, nil
}

// getBucket is GET /bucket/{id}.
func (d *Dialect) getBucket(r *dialect.Request) (dialect.Response, error) {
	name := r.Segment("bucket")
	if c := d.configuredBuckets[name]; c != nil && r.Caller.Admin {
		return asJSON(configuredBucket(c))
	}
	if d.objectsOf == nil || d.configuredBuckets[name] != nil {
		return dialect.Response{}, errNoBucket
	}
	l, err := d.readBucket(r, r.Caller, name)
	if err != nil {
		return dialect.Response{}, err
	}
	return asJSON(l)
}

// bucketChange is the body of a call that makes or changes a bucket.
type bucketChange struct {
	ID, Name string
	Type     string
	Public   *bool           `json:"public"`
	Max      json.RawMessage `json:"file_size_limit"`
	Types    json.RawMessage `json:"allowed_mime_types"`
}

// document is what the row gets.
func (c *bucketChange) document() (map[string]any, error) {
	doc := map[string]any{}
	if c.Public != nil {
		doc["public"] = *c.Public
	}
	if len(c.Max) > 0 {
		size, err := sizeOf(c.Max)
		if err != nil {
			return nil, err
		}
		doc["file_size_limit"] = size
	}
	if len(c.Types) > 0 {
		var types []string
		if err := json.Unmarshal(c.Types, &types); err != nil || len(types) > 100 {
			return nil, badRequest("allowed_mime_types is a list of up to 100 media types")
		}
		for _, t := range types {
			if !files.ValidPattern(t) {
				return nil, badRequest("allowed_mime_types has types such as image/png and image/*")
			}
		}
		if doc["allowed_mime_types"] = types; types == nil {
			doc["allowed_mime_types"] = nil
		}
	}
	return doc, nil
}

// makeBucket is POST /bucket. Buckets are rows where the configuration says so; others are in the configuration.
func (d *Dialect) makeBucket(r *dialect.Request) (dialect.Response, error) {
	if !r.Caller.Admin && d.objectsOf == nil {
		return dialect.Response{}, errNotService
	}
	var asked bucketChange
	if err := d.readJSON(r, &asked); err != nil {
		return dialect.Response{}, err
	}
	if asked.ID == "" {
		asked.ID = asked.Name
	}
	switch {
	case d.configuredBuckets[asked.ID] != nil:
		return dialect.Response{}, errBucketExists
	case d.objectsOf == nil:
		return d.configured(r)
	case asked.Type != "" && asked.Type != "STANDARD":
		return dialect.Response{}, storageProblem{"400", "not_supported", "Buckets are of the type STANDARD", "NotSupported"}
	case files.CheckName(asked.ID) != "" || len(asked.ID) > 100:
		return dialect.Response{}, storageProblem{"400", "InvalidBucketName", "A name of a bucket has 1 to 100 bytes, without / and control characters", "InvalidBucketName"}
	}
	doc, err := asked.document()
	if err != nil {
		return dialect.Response{}, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return dialect.Response{}, err
	}
	value, err := query.ParseJSON(text, d.Config.Limits.Depth)
	if err != nil {
		return dialect.Response{}, err
	}
	_, err = d.Crud.CreateWithID(r.Context, r.Caller, d.bucketRows, asked.ID, value)
	if fault.CodeOf(err) == fault.Conflict {
		return dialect.Response{}, errBucketExists
	}
	if err != nil {
		return dialect.Response{}, err
	}
	return asJSON(map[string]string{"name": asked.ID})
}

var (
	errNotService   = storageProblem{"403", "Unauthorized", "new row violates row-level security policy", "AccessDenied"}
	errBucketExists = storageProblem{"409", "Duplicate", "The resource already exists", "ResourceAlreadyExists"}
	errNotEmpty     = storageProblem{"409", "InvalidRequest", "The bucket you tried to delete is not empty", "InvalidRequest"}
)

// configured refuses what the configuration decides.
func (d *Dialect) configured(r *dialect.Request) (dialect.Response, error) {
	if !r.Caller.Admin {
		return dialect.Response{}, errNotService
	}
	return dialect.Response{}, storageProblem{"400", "not_supported", "Buckets are collections with `files:` in the configuration; change them there, or let buckets be rows by compat.supabase.objects", "NotSupported"}
}

// changeBucket is PUT /bucket/{id}.
func (d *Dialect) changeBucket(r *dialect.Request) (dialect.Response, error) {
	name := r.Segment("bucket")
	if d.objectsOf == nil || d.configuredBuckets[name] != nil {
		return d.configured(r)
	}
	var asked bucketChange
	if err := d.readJSON(r, &asked); err != nil {
		return dialect.Response{}, err
	}
	doc, err := asked.document()
	if err != nil {
		return dialect.Response{}, err
	}
	text, err := json.Marshal(doc)
	if err == nil {
		_, err = d.Crud.Update(r.Context, r.Caller, crud.Target{Collection: d.bucketRows, ID: name}, text)
	}
	if fault.CodeOf(err) == fault.NotFound {
		err = errNoBucket
	}
	if err != nil {
		return dialect.Response{}, err
	}
	return done("Successfully updated")
}

// deleteBucket is DELETE /bucket/{id} of one that is empty: the objects refer to it.
func (d *Dialect) deleteBucket(r *dialect.Request) (dialect.Response, error) {
	name := r.Segment("bucket")
	if d.objectsOf == nil || d.configuredBuckets[name] != nil {
		return d.configured(r)
	}
	err := d.Crud.Delete(r.Context, r.Caller, crud.Target{Collection: d.bucketRows, ID: name})
	switch fault.CodeOf(err) {
	case fault.NotFound:
		err = errNoBucket
	case fault.Conflict:
		err = errNotEmpty
	}
	if err != nil {
		return dialect.Response{}, err
	}
	return done("Successfully deleted")
}

// emptyBucket is POST /bucket/{id}/empty, for the service.
func (d *Dialect) emptyBucket(r *dialect.Request) (dialect.Response, error) {
	b, err := d.bucketOf(r, r.Segment("bucket"))
	if err != nil {
		return dialect.Response{}, err
	}
	if !r.Caller.Admin {
		return dialect.Response{}, errNotService
	}
	where := map[string]any{"id": map[string]any{"$exists": true}}
	if b.row {
		where = map[string]any{bucketField: map[string]any{"$eq": b.name}}
	}
	text, err := json.Marshal(where)
	if err != nil {
		return dialect.Response{}, err
	}
	if _, err := d.Crud.DeleteWhere(r.Context, r.Caller, b.Name, text); err != nil {
		return dialect.Response{}, err
	}
	return done("Successfully emptied")
}

// bucketCollections finds what the buckets are of: the collections of files, and the one for buckets that are rows.
func (d *Dialect) bucketCollections() {
	name := d.Config.Compat.Supabase.Objects
	if d.Files == nil {
		return
	}
	d.configuredBuckets = maps.Clone(d.Files.Collections)
	if name != "" { // config has checked what it has
		d.objectsOf, d.bucketRows = d.Files.Collections[name], d.Config.Collections[name].Fields[bucketField].To
		delete(d.configuredBuckets, name)
	}
}
