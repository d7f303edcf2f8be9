package basalt

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"slices"
)

// Operator compares a field with a value.
type Operator string

// The operators.
const (
	Eq         Operator = "$eq"
	Ne         Operator = "$ne"
	Gt         Operator = "$gt"
	Gte        Operator = "$gte"
	Lt         Operator = "$lt"
	Lte        Operator = "$lte"
	In         Operator = "$in"
	NotIn      Operator = "$nin"
	Contains   Operator = "$contains"
	StartsWith Operator = "$startsWith"
	EndsWith   Operator = "$endsWith"
	Like       Operator = "$like"
	ILike      Operator = "$ilike"
	Exists     Operator = "$exists"
)

// Direction is that of an ordering.
type Direction bool

// The directions.
const (
	Asc  Direction = false
	Desc Direction = true
)

// Query is a collection, or a part of one, with documents of type T. It is a value: each method
// returns a new, narrower one.
type Query[T any] struct {
	client *Client
	name   string
	where  []map[string]any
	text   string
	params map[string]any
	sort   []string
	limit  int
	after  string
	fields []string
	expand []string
	marks  []string
	count  bool
	strong bool
}

// Collection returns all of a collection.
func Collection[T any](c *Client, name string) Query[T] { return Query[T]{client: c, name: name} }

func (q Query[T]) path(rest string) string { return "/v1/db/" + url.PathEscape(q.name) + rest }

// Where narrows by a condition on a field, or on a dotted path into a json field.
func (q Query[T]) Where(field string, op Operator, value any) Query[T] {
	return q.WhereJSON(map[string]any{field: map[string]any{string(op): value}})
}

// WhereJSON narrows by the JSON form of a filter.
func (q Query[T]) WhereJSON(where map[string]any) Query[T] {
	q.where = append(slices.Clone(q.where), where)
	return q
}

// Filter narrows by a filter as text, such as `stars >= $min`, with values for its parameters.
func (q Query[T]) Filter(text string, params map[string]any) Query[T] {
	if q.text != "" {
		text = "(" + q.text + ") && (" + text + ")"
	}
	all := map[string]any{}
	for _, m := range []map[string]any{q.params, params} {
		for k, v := range m {
			all[k] = v
		}
	}
	q.text, q.params = text, all
	return q
}

// OrderBy sorts, after the orderings before it.
func (q Query[T]) OrderBy(field string, d Direction) Query[T] {
	if d == Desc {
		field = "-" + field
	}
	q.sort = append(slices.Clone(q.sort), field)
	return q
}

// Limit bounds a page.
func (q Query[T]) Limit(n int) Query[T] { q.limit = n; return q }

// After starts behind a page, with the Next of that.
func (q Query[T]) After(cursor string) Query[T] { q.after = cursor; return q }

// Select gets these fields alone.
func (q Query[T]) Select(fields ...string) Query[T] { q.fields = fields; return q }

// Search narrows to documents with all these words in the fields that are marked search: true. Without
// OrderBy the best come first.
func (q Query[T]) Search(text string) Query[T] {
	return q.WhereJSON(map[string]any{"$search": text})
}

// SearchTypos is Search, and each word may have a typing mistake.
func (q Query[T]) SearchTypos(text string) Query[T] {
	return q.WhereJSON(map[string]any{"$search": map[string]any{"text": text, "typos": true}})
}

// Snippets gets the parts of searched fields where a search has found something, in the member "snippets" of each document,
// for which T needs a map[string]string: HTML, with what was found between <mark> and </mark>.
func (q Query[T]) Snippets(fields ...string) Query[T] { q.marks = fields; return q }

// Expand gets related documents too, in the member "expand" of each document, for which T needs a field:
// what a ref points to, such as "author", and what points here, such as
// "comments(sort:-created,limit:3,expand:author)".
func (q Query[T]) Expand(items ...string) Query[T] {
	q.expand = append(slices.Clone(q.expand), items...)
	return q
}

// Strong makes reads see everything written before them, by anyone, where they may otherwise come from a
// replica of the database that is behind.
func (q Query[T]) Strong() Query[T] { q.strong = true; return q }

// consistency is the header that says so.
func consistency(strong bool) http.Header {
	header := http.Header{}
	if strong {
		header.Set("X-Basalt-Consistency", "strong")
	}
	return header
}

// WithCount asks for the Total of a page.
func (q Query[T]) WithCount() Query[T] { q.count = true; return q }

// Page is a page of documents.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next continues after this page; "" at the end.
	Next string `json:"next"`
	// Total is the number of documents over all pages, when [Query.WithCount] was called.
	Total int64 `json:"total"`
}

// condition is the where of a body.
func (q Query[T]) condition(body map[string]any) map[string]any {
	switch len(q.where) {
	case 0:
	case 1:
		body["where"] = q.where[0]
	default:
		body["where"] = map[string]any{"$and": q.where}
	}
	if q.text != "" {
		body["filter"], body["params"] = q.text, q.params
	}
	return body
}

// settings are the other members of a body, as far as they are given.
func (q Query[T]) settings() map[string]any {
	out := map[string]any{}
	for name, set := range map[string]struct {
		given bool
		value any
	}{
		"sort": {q.sort != nil, q.sort}, "limit": {q.limit != 0, q.limit}, "after": {q.after != "", q.after},
		"select": {q.fields != nil, q.fields}, "count": {q.count, true}, "expand": {q.expand != nil, q.expand}, "snippets": {q.marks != nil, q.marks},
	} {
		if set.given {
			out[name] = set.value
		}
	}
	return out
}

// Get gets a page.
func (q Query[T]) Get(ctx context.Context) (Page[T], error) {
	body := q.condition(map[string]any{})
	for name, value := range q.settings() {
		body[name] = value
	}
	var page Page[T]
	_, err := q.client.do(ctx, call{method: http.MethodPost, path: q.path("/query"), header: consistency(q.strong), body: body, due: aPage}, &page)
	return page, err
}

// First gets the first document. It reports false when there is none.
func (q Query[T]) First(ctx context.Context) (doc T, ok bool, err error) {
	page, err := q.Limit(1).Get(ctx)
	if err != nil || len(page.Items) == 0 {
		return doc, false, err
	}
	return page.Items[0], true, nil
}

// All goes through all documents, page by page. It ends after an error.
func (q Query[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for at := q; ; {
			page, err := at.Get(ctx)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, doc := range page.Items {
				if !yield(doc, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			at = at.After(page.Next)
		}
	}
}

// Count returns the number of documents.
func (q Query[T]) Count(ctx context.Context) (int64, error) {
	rows, err := q.Aggregate(ctx, Aggregation{Count: true})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Count, nil
}

// Aggregation asks for figures, by group.
type Aggregation struct {
	Group []string
	Count bool
	Sum   []string
	Avg   []string
	Min   []string
	Max   []string
}

// Group is one group with its figures.
type Group struct {
	// Key has the values of the fields grouped by.
	Key   map[string]any
	Count int64
	Sum   map[string]json.Number
	Avg   map[string]json.Number
	Min   map[string]any
	Max   map[string]any
}

// figures is the body that asks for figures.
func (q Query[T]) figures(ask Aggregation) map[string]any {
	body := q.condition(map[string]any{"count": ask.Count})
	for name, fields := range map[string][]string{"group": ask.Group, "sum": ask.Sum, "avg": ask.Avg, "min": ask.Min, "max": ask.Max} {
		if len(fields) > 0 {
			body[name] = fields
		}
	}
	return body
}

// Aggregate computes figures.
func (q Query[T]) Aggregate(ctx context.Context, ask Aggregation) ([]Group, error) {
	var answer struct {
		Items []json.RawMessage `json:"items"`
	}
	if _, err := q.client.do(ctx, call{method: http.MethodPost, path: q.path("/aggregate"), header: consistency(q.strong), body: q.figures(ask), due: aPage}, &answer); err != nil {
		return nil, err
	}
	return groupsOf(answer.Items, ask)
}

func groupsOf(items []json.RawMessage, ask Aggregation) ([]Group, error) {
	groups := make([]Group, len(items))
	for i, item := range items {
		if err := json.Unmarshal(item, &groups[i]); err != nil {
			return nil, err
		}
		var all map[string]any
		if err := json.Unmarshal(item, &all); err != nil {
			return nil, err
		}
		groups[i].Key = map[string]any{}
		for _, f := range ask.Group {
			groups[i].Key[f] = all[f]
		}
	}
	return groups, nil
}

// bulk sends a change of all documents of Filter.
func (q Query[T]) bulk(ctx context.Context, method string, body any) (int64, error) {
	values := url.Values{}
	if q.text != "" {
		values.Set("filter", q.text)
		if len(q.params) > 0 {
			params, err := json.Marshal(q.params)
			if err != nil {
				return 0, err
			}
			values.Set("params", string(params))
		}
	}
	if len(q.where) > 0 {
		return 0, &Error{Code: Invalid, Detail: "a bulk update or delete takes Filter, not Where"}
	}
	var answer struct {
		Count int64 `json:"count"`
	}
	_, err := q.client.do(ctx, call{method: method, path: q.path(""), query: values, body: body, due: aCount}, &answer)
	return answer.Count, err
}

// Update changes all documents of Filter, which has to be given, and returns how many.
func (q Query[T]) Update(ctx context.Context, patch Patch) (int64, error) {
	return q.bulk(ctx, http.MethodPatch, patch)
}

// Delete deletes all documents of Filter, which has to be given, and returns how many.
func (q Query[T]) Delete(ctx context.Context) (int64, error) {
	return q.bulk(ctx, http.MethodDelete, nil)
}
