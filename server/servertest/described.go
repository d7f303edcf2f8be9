package servertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

// description is /openapi.json of one configuration. Tests hold their calls against it: what a server takes and answers
// is described there. Servers in processes of their own, which tests stop and break, are not asked for it.
type description struct {
	paths      map[string]map[string]*operation
	components components

	mu      sync.Mutex                      // guards the fields below
	schemas map[string]*jsonschema.Resolved // by their text
	judged  map[string]int                  // how many answers of an operation and a status
}

type components struct {
	Schemas    map[string]json.RawMessage
	Headers    map[string]json.RawMessage
	Parameters map[string]parameter
	Responses  map[string]response
}

type operation struct {
	Parameters  []parameter
	RequestBody struct{ Content content }
	Responses   map[string]response
}

type parameter struct {
	Ref      string `json:"$ref"`
	In, Name string
}

type response struct {
	Ref     string `json:"$ref"`
	Headers map[string]json.RawMessage
	Content content
}

type content map[string]struct{ Schema json.RawMessage }

// descriptions are kept by their text, because many servers of the tests have the same configuration.
var descriptions sync.Map

// oftenEnough is how many answers of one operation and status are judged: a loop of thousands shows nothing more.
const oftenEnough = 40

// held are the calls that are held against the description: all but those of dialects, which have descriptions of their own.
var held = []string{"/v1/db/", "/v1/batch", "/v1/fn/", "/v1/channels/", "/v1/events", "/v1/auth/", "/v1/admin/", "/v1/files/"}

// judgedHeaders are the headers that have to be described where they are. Others are of HTTP itself.
var judgedHeaders = []string{"Etag", "Location", "Ratelimit", "Ratelimit-Policy", "Retry-After", "Idempotency-Key", "Idempotent-Replayed", "X-Basalt-Seen", "X-Basalt-Consistency", "X-Request-Id", "If-Match", "If-None-Match", "Www-Authenticate"}

// undescribed are tests of what the description does not say yet: fields with hash, which are answered once and as null
// later, and decimals in more spellings than the one that they are answered in.
var undescribed = []string{"TestFieldRules_AHiddenFieldIsHiddenEverywhere", "TestLookup_ComparesAHashedFieldWithWhatWasSent", "TestFieldTypes"}

// misused are calls that tests make otherwise than described on purpose, and that succeed all the same: a header that a
// call does not know, by the name of the test and what is found wrong.
var misused = map[string]string{
	"TestIdempotency_NothingOfSignInIsRepeated": "the header Idempotency-Key is not described", // it changes nothing there
}

// profiles of net/http/pprof are for Go's own tools, and no calls of clients.
const profiles = "/v1/admin/pprof/"

// judge fails a test whose call, or the answer to it, is not as /openapi.json of the server says.
func (i *Instance) judge(t testing.TB, c Call, a Answer) {
	t.Helper()
	if i.s == nil || a.Status == 0 || strings.HasPrefix(c.Path, profiles) || !slices.ContainsFunc(held, func(p string) bool { return strings.HasPrefix(c.Path, p) }) || slices.Contains([]string{"OPTIONS", "HEAD"}, c.Method) {
		return
	}
	if slices.ContainsFunc(undescribed, func(name string) bool { return strings.HasPrefix(t.Name(), name) }) {
		return
	}
	d := i.description()
	if d == nil {
		return
	}
	if wrong := d.wrong(c, a); wrong != "" && wrong != misused[t.Name()] && i.unchanged() {
		t.Errorf("%s %s: /openapi.json differs: %s", c.Method, c.Path, wrong)
	}
}

// described is what an instance knows of its own description.
type described struct {
	once   sync.Once
	d      *description
	config string
}

// description asks the server once. It is nil where the server does not say it to everyone.
func (i *Instance) description() *description {
	i.described.once.Do(func() {
		text, err := os.ReadFile(i.Path)
		if err != nil {
			return
		}
		i.described.config = string(text)
		resp, err := client.Get(i.URL + "/openapi.json")
		if err != nil {
			return
		}
		defer resp.Body.Close()
		var raw json.RawMessage
		if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&raw) != nil {
			return
		}
		found, _ := descriptions.LoadOrStore(string(raw), sync.OnceValue(func() *description { return describe(raw) }))
		i.described.d = found.(func() *description)()
	})
	return i.described.d
}

// unchanged reports whether the server still has the configuration that it was asked with.
func (i *Instance) unchanged() bool {
	text, err := os.ReadFile(i.Path)
	return err == nil && string(text) == i.described.config && !i.reloaded.Load()
}

func describe(raw json.RawMessage) *description {
	var doc struct {
		Paths      map[string]map[string]*operation
		Components components
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		panic(err)
	}
	return &description{paths: doc.Paths, components: doc.Components, schemas: map[string]*jsonschema.Resolved{}, judged: map[string]int{}}
}

// wrong says in what a call or its answer is not as it is described, or nothing.
func (d *description) wrong(c Call, a Answer) string {
	path, rawQuery, _ := strings.Cut(c.Path, "?")
	template, o := d.operation(cmp.Or(c.Method, http.MethodGet), path)
	if o == nil {
		if a.Status < 300 {
			return "there is no such operation"
		}
		return "" // nor on the server
	}
	status := strconv.Itoa(a.Status)
	d.mu.Lock()
	n := d.judged[template+c.Method+status]
	d.judged[template+c.Method+status] = n + 1
	d.mu.Unlock()
	if n >= oftenEnough {
		return ""
	}
	if a.Status < 400 {
		if wrong := d.asks(o, c, rawQuery); wrong != "" {
			return wrong
		}
	}
	return d.answers(o, a)
}

// operation finds the operation of a path. One whose name is written in the path goes before a parameter.
func (d *description) operation(method, path string) (template string, found *operation) {
	parts := strings.Split(path, "/")
	for t, operations := range d.paths {
		o := operations[strings.ToLower(method)]
		names := strings.Split(t, "/")
		fits := o != nil && len(names) == len(parts)
		for i := 0; fits && i < len(names); i++ {
			unescaped, err := url.PathUnescape(parts[i])
			fits = strings.HasPrefix(names[i], "{") && parts[i] != "" || err == nil && names[i] == unescaped
		}
		if fits && (found == nil || strings.Count(t, "{") < strings.Count(template, "{")) {
			template, found = t, o
		}
	}
	return template, found
}

// asks judges a call that has succeeded.
func (d *description) asks(o *operation, c Call, rawQuery string) string {
	takes := func(in, name string) bool {
		return slices.ContainsFunc(o.Parameters, func(p parameter) bool {
			if p.Ref != "" {
				p = d.components.Parameters[p.Ref[strings.LastIndexByte(p.Ref, '/')+1:]]
			}
			return p.In == in && strings.EqualFold(p.Name, name)
		})
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return "" // the test tries what is not a query
	}
	for name := range values {
		if !takes("query", name) {
			return "the parameter " + name + " is not described"
		}
	}
	for name := range c.Header {
		if slices.Contains(judgedHeaders, http.CanonicalHeaderKey(name)) && !takes("header", name) {
			return "the header " + name + " is not described"
		}
	}
	body, isJSON := o.RequestBody.Content["application/json"]
	if c.Body == nil || c.Body == "" || c.Body == "null" || !isJSON && len(o.RequestBody.Content) > 0 || c.Header["Content-Encoding"] != "" || c.Header["Content-Type"] != "" {
		return ""
	}
	if !isJSON {
		return "a body is not described"
	}
	text, ok := c.Body.(string)
	if !ok {
		encoded, _ := json.Marshal(c.Body) // it was sent
		text = string(encoded)
	}
	if text == "null" { // none
		return ""
	}
	if wrong := d.unfit(body.Schema, text, false); wrong != "" {
		return "the body " + text + ": " + wrong
	}
	return ""
}

// answers judges an answer.
func (d *description) answers(o *operation, a Answer) string {
	r, ok := o.Responses[strconv.Itoa(a.Status)]
	if !ok && a.Status >= 400 {
		r, ok = o.Responses["default"]
	}
	if !ok {
		return fmt.Sprintf("the answer %d is not described", a.Status)
	}
	if r.Ref != "" {
		r = d.components.Responses[r.Ref[strings.LastIndexByte(r.Ref, '/')+1:]]
	}
	for name := range a.Header { // refusals have those of the one problem response, and some more that are not told apart yet
		if a.Status < 400 && slices.Contains(judgedHeaders, name) && !slices.ContainsFunc(keys(r.Headers), func(h string) bool { return strings.EqualFold(h, name) }) {
			return fmt.Sprintf("the header %s of the answer %d is not described", name, a.Status)
		}
	}
	mediaType, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	described, ok := r.Content[mediaType]
	switch {
	case a.Body == "":
		return ""
	case !ok && r.Content["*/*"].Schema != nil:
		return ""
	case !ok:
		return fmt.Sprintf("the answer %d of the type %q is not described", a.Status, mediaType)
	case !strings.HasSuffix(mediaType, "json"), strings.Contains(a.Body, `:"NaN"`), strings.Contains(a.Body, `Infinity"`): // floats that other programs have stored
		return ""
	}
	if wrong := d.unfit(described.Schema, a.Body, true); wrong != "" {
		return fmt.Sprintf("the answer %d %s: %s", a.Status, a.Body, wrong)
	}
	return ""
}

func keys(m map[string]json.RawMessage) (out []string) {
	for name := range m {
		out = append(out, name)
	}
	return out
}

// unfit says why a JSON text is not as a schema says. If closed, objects have no properties but those of the schema.
func (d *description) unfit(schema json.RawMessage, text string, closed bool) string {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err.Error()
	}
	resolved, err := d.resolve(schema, closed)
	if err == nil {
		err = resolved.Validate(value)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// resolve prepares a schema with those that it refers to.
func (d *description) resolve(schema json.RawMessage, closed bool) (*jsonschema.Resolved, error) {
	key := strconv.FormatBool(closed) + string(schema)
	d.mu.Lock()
	defer d.mu.Unlock()
	if found := d.schemas[key]; found != nil {
		return found, nil
	}
	root, err := parse(schema, closed)
	if err != nil {
		return nil, err
	}
	root.Defs = map[string]*jsonschema.Schema{}
	if err := d.define(root, root, closed); err != nil {
		return nil, err
	}
	resolved, err := root.Resolve(nil)
	if err == nil {
		d.schemas[key] = resolved
	}
	return resolved, err
}

const schemasPrefix = "#/components/schemas/"

// define adds the schemas that one refers to, to those of root.
func (d *description) define(root, s *jsonschema.Schema, closed bool) error {
	for at := range within(s) {
		name, ok := strings.CutPrefix(at.Ref, schemasPrefix)
		if !ok {
			continue
		}
		at.Ref = "#/$defs/" + name
		if root.Defs[name] != nil {
			continue
		}
		other, err := parse(d.components.Schemas[name], closed)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		root.Defs[name] = other
		if err := d.define(root, other, closed); err != nil {
			return err
		}
	}
	return nil
}

func parse(raw json.RawMessage, closed bool) (*jsonschema.Schema, error) {
	s := &jsonschema.Schema{}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, err
	}
	for at := range within(s) {
		if closed && len(at.Properties) > 0 && at.AdditionalProperties == nil {
			at.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
		}
	}
	return s, nil
}

// within are the schemas of a schema, itself first, as far as the description has them.
func within(s *jsonschema.Schema) func(func(*jsonschema.Schema) bool) {
	return func(yield func(*jsonschema.Schema) bool) {
		all := []*jsonschema.Schema{s}
		for len(all) > 0 {
			at := all[0]
			if all = all[1:]; at == nil {
				continue
			}
			if !yield(at) {
				return
			}
			all = append(append(append(append(all, at.Items), at.AnyOf...), at.OneOf...), at.AllOf...)
			for _, p := range at.Properties {
				all = append(all, p)
			}
		}
	}
}
