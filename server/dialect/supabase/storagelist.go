package supabase

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// object is the document of a file, as far as the caller sees it.
type object struct {
	ID, Path, Name, Type, SHA256, Created, Updated string
	Size                                           int64
	Metadata                                       json.RawMessage
}

func objectOf(doc crud.Document) (o object, err error) {
	err = json.Unmarshal(doc.AppendJSON(nil), &o)
	return o, err
}

// listed is an object, or a folder, as lists have it.
type listed struct {
	Name     string    `json:"name"`
	ID       *string   `json:"id"`
	Key      string    `json:"key,omitempty"`
	Updated  *string   `json:"updated_at"`
	Created  *string   `json:"created_at"`
	Accessed *string   `json:"last_accessed_at"`
	Metadata *metadata `json:"metadata"`
	Bucket   string    `json:"bucket_id,omitempty"`
}

// metadata is what lists say of the bytes.
type metadata struct {
	ETag     string `json:"eTag"`
	Size     int64  `json:"size"`
	Type     string `json:"mimetype"`
	Cache    string `json:"cacheControl"`
	Modified string `json:"lastModified"`
	Length   int64  `json:"contentLength"`
	Status   int    `json:"httpStatusCode"`
}

func (o *object) listed(name string) listed {
	m := &metadata{`"` + o.SHA256 + `"`, o.Size, o.Type, "no-cache", o.Updated, o.Size, 200}
	return listed{Name: name, ID: &o.ID, Updated: &o.Updated, Created: &o.Created, Accessed: &o.Updated, Metadata: m}
}

const (
	// maxListed is how many entries a call looks at.
	maxListed = 10_000
	// listPage is how many entries an answer has at most.
	listPage = 1000
	// maxReads is how many pages of documents a call reads.
	maxReads = 1000
)

// entry is an object, or a folder, whose name ends with /.
type entry struct {
	key string
	doc *object // nil for a folder
}

func (o *object) created() string { return o.Created }
func (o *object) updated() string { return o.Updated }

// time is one of those of an object; empty for a folder.
func (e entry) time(of func(*object) string) string {
	if e.doc == nil {
		return ""
	}
	return of(e.doc)
}

// walk finds what is under a prefix, by name and after a key: every object, or with folders what stands between two /. The
// keys, as all paths of objects, are those in the bucket.
func (d *Dialect) walk(r *dialect.Request, b *bucket, prefix, after string, folders bool, most int) ([]entry, error) {
	prefix = b.path(prefix)
	if after != "" {
		after = b.path(after)
	}
	out, err := d.walkPaths(r, b, prefix, after, folders, most)
	for i := range out {
		out[i].key = out[i].key[len(b.prefix):]
	}
	return out, err
}

// walkPaths is walk for the paths of the collection.
func (d *Dialect) walkPaths(r *dialect.Request, b *bucket, prefix, after string, folders bool, most int) ([]entry, error) {
	var out []entry
	op, from := "$gte", prefix
	if after > prefix {
		op, from = "$gt", after
		if folders && strings.HasSuffix(after, "/") {
			op, from = "$gte", after[:len(after)-1]+"0" // what follows / in the order of bytes
		}
	}
	page := min(most, d.Config.Limits.Page)
	for reads := 0; len(out) < most; reads++ {
		if reads == maxReads {
			return nil, fault.Errorf(fault.TooLarge, "there are more folders than one call looks through; ask for a longer prefix")
		}
		terms := []any{map[string]any{"path": map[string]any{op: from}}}
		if prefix != "" {
			terms = append(terms, map[string]any{"path": map[string]any{"$startsWith": prefix}})
		}
		if b.row {
			terms = append(terms, map[string]any{bucketField: map[string]any{"$eq": b.name}})
		}
		limit, had := min(most-len(out), page), len(out)
		docs, err := d.objects(r, b, map[string]any{"where": map[string]any{"$and": terms}, "sort": []string{"path"}, "limit": limit})
		if err != nil {
			return nil, err
		}
		for _, o := range docs {
			name, _, nested := strings.Cut(o.Path[len(prefix):], "/")
			switch {
			case !folders || !nested:
				out = append(out, entry{o.Path, &o})
				op, from = "$gt", o.Path
			case len(out) == 0 || out[len(out)-1].key != prefix+name+"/":
				out = append(out, entry{key: prefix + name + "/"})
				op, from = "$gte", prefix+name+"0" // behind all that is in the folder
			}
		}
		if len(docs) < limit {
			break
		}
		if page = min(2*page, d.Config.Limits.Page); len(out)-had < limit/4 { // most were of few folders
			page = max(2, page/8)
		}
	}
	return out, nil
}

// objects reads documents of a bucket. A read that the rule refuses has none.
func (d *Dialect) objects(r *dialect.Request, b *bucket, body map[string]any) ([]object, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	found, err := d.Crud.Read(r.Context, r.Caller, crud.Read{Collection: b.Name, Body: text})
	if code := fault.CodeOf(err); err != nil && (code == fault.Unauthenticated || code == fault.Forbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]object, len(found.Documents))
	for i, doc := range found.Documents {
		if out[i], err = objectOf(doc); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listObjects is POST of /object/list/{bucket}: what is in a folder.
func (d *Dialect) listObjects(r *dialect.Request, name string) (dialect.Response, error) {
	b, err := d.bucketOf(r, name)
	if err != nil {
		return dialect.Response{}, err
	}
	asked := struct {
		Prefix, Search string
		Limit, Offset  int
		SortBy         struct{ Column, Order string }
	}{Limit: 100}
	if err := d.readJSON(r, &asked); err != nil {
		return dialect.Response{}, err
	}
	if asked.Limit < 1 || asked.Offset < 0 || asked.Offset > maxListed-listPage {
		return dialect.Response{}, badRequest("limit is 1 to 1000, and offset at most 9000")
	}
	asked.Limit = min(asked.Limit, listPage)
	if err := r.Count(b.Name, rules.Read, 1); err != nil {
		return dialect.Response{}, err
	}
	folder := strings.Trim(asked.Prefix, "/")
	if folder != "" {
		folder += "/"
	}
	byName := (asked.SortBy.Column == "" || asked.SortBy.Column == "name") && asked.SortBy.Order != "desc"
	most := maxListed
	if byName && asked.Search == "" {
		most = asked.Offset + asked.Limit
	}
	found, err := d.walk(r, b, folder, "", true, most)
	if err != nil {
		return dialect.Response{}, err
	}
	out := []listed{}
	for _, e := range found {
		name := strings.TrimSuffix(e.key[len(folder):], "/")
		switch {
		case !strings.HasPrefix(strings.ToLower(name), strings.ToLower(asked.Search)):
		case e.doc == nil:
			out = append(out, listed{Name: name})
		default:
			out = append(out, e.doc.listed(name))
		}
	}
	if err := sortListed(out, asked.SortBy.Column, asked.SortBy.Order); err != nil {
		return dialect.Response{}, err
	}
	out = out[min(asked.Offset, len(out)):]
	return asJSON(out[:min(asked.Limit, len(out))])
}

func sortListed(all []listed, column, order string) error {
	of := map[string]func(l listed) string{
		"": func(l listed) string { return l.Name }, "name": func(l listed) string { return l.Name },
		"created_at": func(l listed) string { return textOf(l.Created) }, "updated_at": func(l listed) string { return textOf(l.Updated) },
		"last_accessed_at": func(l listed) string { return textOf(l.Accessed) },
	}[column]
	if of == nil || order != "" && order != "asc" && order != "desc" {
		return badRequest("sortBy has a column (name, created_at, updated_at, last_accessed_at) and an order (asc, desc)")
	}
	slices.SortStableFunc(all, func(a, b listed) int {
		if order == "desc" {
			a, b = b, a
		}
		return cmp.Compare(of(a), of(b))
	})
	return nil
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// walkSorted is walk in another order than that of the names, from what follows the entry of a key. Entries of the same time are
// in the order of their names.
func (d *Dialect) walkSorted(r *dialect.Request, b *bucket, prefix, after string, folders bool, column, order string) ([]entry, error) {
	all, err := d.walk(r, b, prefix, "", folders, maxListed)
	if err != nil {
		return nil, err
	}
	of := map[string]func(e entry) string{
		"": func(e entry) string { return e.key }, "name": func(e entry) string { return e.key },
		"created_at": func(e entry) string { return e.time((*object).created) }, "updated_at": func(e entry) string { return e.time((*object).updated) },
	}[column]
	if of == nil || order != "" && order != "asc" && order != "desc" {
		return nil, badRequest("sortBy has a column (name, created_at, updated_at) and an order (asc, desc)")
	}
	slices.SortFunc(all, func(a, b entry) int {
		n := cmp.Or(cmp.Compare(of(a), of(b)), cmp.Compare(a.key, b.key))
		if order == "desc" {
			n = -n
		}
		return n
	})
	if after == "" {
		return all, nil
	}
	i := slices.IndexFunc(all, func(e entry) bool { return e.key == after })
	if i < 0 {
		return nil, badRequest("the object of this cursor is gone; list from the start")
	}
	return all[i+1:], nil
}

// listPages is POST of /object/list-v2/{bucket}: pages of all that begins with a prefix.
func (d *Dialect) listPages(r *dialect.Request, name string) (dialect.Response, error) {
	b, err := d.bucketOf(r, name)
	if err != nil {
		return dialect.Response{}, err
	}
	asked := struct {
		Prefix, Cursor string
		Limit          int
		Delimiter      bool `json:"with_delimiter"`
		SortBy         struct{ Column, Order string }
	}{Limit: listPage}
	if err := d.readJSON(r, &asked); err != nil {
		return dialect.Response{}, err
	}
	after, err := base64.RawURLEncoding.DecodeString(asked.Cursor)
	if err != nil || asked.Limit < 1 {
		return dialect.Response{}, badRequest("cursor is one of an answer, and limit 1 to 1000")
	}
	if err := r.Count(b.Name, rules.Read, 1); err != nil {
		return dialect.Response{}, err
	}
	limit, prefix := min(asked.Limit, listPage), strings.TrimPrefix(asked.Prefix, "/")
	var found []entry
	if byName := (asked.SortBy.Column == "" || asked.SortBy.Column == "name") && asked.SortBy.Order != "desc"; byName {
		found, err = d.walk(r, b, prefix, string(after), asked.Delimiter, limit+1)
	} else {
		found, err = d.walkSorted(r, b, prefix, string(after), asked.Delimiter, asked.SortBy.Column, asked.SortBy.Order)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	answer := struct {
		HasNext bool     `json:"hasNext"`
		Next    string   `json:"nextCursor,omitempty"`
		Folders []listed `json:"folders"`
		Objects []listed `json:"objects"`
	}{Folders: []listed{}, Objects: []listed{}}
	if answer.HasNext = len(found) > limit; answer.HasNext {
		found = found[:limit]
		answer.Next = base64.RawURLEncoding.EncodeToString([]byte(found[limit-1].key))
	}
	for _, e := range found {
		if e.doc == nil {
			answer.Folders = append(answer.Folders, listed{Name: e.key, Key: strings.TrimSuffix(e.key, "/")})
			continue
		}
		one := e.doc.listed(e.key)
		one.Key = e.key
		answer.Objects = append(answer.Objects, one)
	}
	return asJSON(answer)
}
