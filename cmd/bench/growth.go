package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// measureGrowth measures what requests cost with 1,000 to --documents documents, on the first and on the deepest pages, and what a
// row costs in a batch, in an array and alone. Subscriptions are measured by BenchmarkSubscriptions of modules/realtime.
func measureGrowth(o options) error { return o.onDatabase(options.growIn) }

func (o options) growIn(dir string) error {
	most := o.Documents
	for n := 1_000; n <= most; n *= 10 {
		o.Documents = n
		if err := o.grown(filepath.Join(dir, strconv.Itoa(n)), n == most || n*10 > most); err != nil {
			return err
		}
	}
	return nil
}

// grown measures one number of documents.
func (o options) grown(dir string, last bool) (err error) {
	t, err := startTarget(o, "basalt", dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	chosen := workloads[:2:2]
	if last {
		deep, err := deepPage(t, 20)
		if err != nil {
			return err
		}
		chosen = append(chosen, deep, bundle("array-100", "", "[", "]", ""), bundle("batch-100", "batch", `{"ops":[`, `]}`, `{"op":"create","collection":"notes","doc":`), mixedBatch, workloads[2])
	}
	for _, w := range chosen {
		var results []result
		for range o.Rounds {
			r, err := once(o, t, w)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			results = append(results, r)
		}
		slices.SortFunc(results, func(a, b result) int { return int((a.cpu - b.cpu) * 1000) })
		name, rows := fmt.Sprintf("%s of %d", w.name, o.Documents), float64(max(1, w.rows))
		o.report(name, "CPU-µs of the server", results[0].cpu/rows)
		if w.rows > 0 {
			most := slices.MaxFunc(results, func(a, b result) int { return cmp.Compare(a.perSecond, b.perSecond) })
			o.report(name, "rows a second", most.perSecond*rows)
		}
	}
	return nil
}

// bundled is how many creates one request of a bundle has.
const bundled = 100

// bundle stores many documents with one request: an array of them, or a batch. It is measured by the row.
func bundle(name, path, open, end, before string) workload {
	if path == "" {
		path = "db/notes"
	}
	document := before + `{"title":"a note to write","body":"with some text in it that is not too short","stars":3}`
	if before != "" {
		document += "}"
	}
	body := open + strings.TrimSuffix(strings.Repeat(document+",", bundled), ",") + end
	return workload{name: name, rows: bundled, build: func(r *fasthttp.Request, base string, _, _, _ int) {
		r.Header.SetMethod("POST")
		r.SetRequestURI(base + "/v1/" + path)
		r.SetBodyString(body)
	}}
}

// mixedBatch is a batch of 500: creates, of which some are changed and removed again, and changes of documents that are there.
var mixedBatch = workload{name: "batch-500 mixed", rows: 500, build: func(r *fasthttp.Request, base string, owner, i, documents int) {
	r.Header.SetMethod("POST")
	r.SetRequestURI(base + "/v1/batch")
	body := []byte(`{"ops":[`)
	for n := range 100 {
		id := fmt.Sprintf("b%d-%d-%d", owner, i, n)
		old := documentID((i*7919+n)%(documents/owners)*owners + owner)
		body = fmt.Appendf(body, `{"op":"create","collection":"notes","id":%q,"doc":{"title":"a note to write","stars":3}},{"op":"update","collection":"notes","id":%q,"doc":{"stars":%d}},`+
			`{"op":"update","collection":"notes","id":%q,"doc":{"done":true}},{"op":"create","collection":"notes","doc":{"title":"another note to write"}},{"op":"delete","collection":"notes","id":%q},`, id, old, n, id, id)
	}
	r.SetBody(append(body[:len(body)-1], "]}"...))
}}

// deepPage is the last full page of the documents of the first owner. Other owners get what is after the same place.
func deepPage(t *target, size int) (workload, error) {
	address := "/v1/db/notes?sort=-created&limit=" + strconv.Itoa(size)
	after, last := "", ""
	for {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.SetRequestURI(t.url + address + after)
		req.Header.Set("Authorization", "Bearer "+tokenOf(0))
		if err := fasthttp.Do(req, resp); err != nil {
			return workload{}, err
		}
		var page struct{ Next string }
		if err := json.Unmarshal(resp.Body(), &page); err != nil {
			return workload{}, fmt.Errorf("a page: %w: %s", err, resp.Body())
		}
		if page.Next == "" {
			break
		}
		last, after = after, "&after="+url.QueryEscape(page.Next)
	}
	return workload{name: "last page", status: 200, build: func(r *fasthttp.Request, base string, _, _, _ int) {
		r.SetRequestURI(base + address + last)
		r.Header.Set("Authorization", "Bearer "+tokenOf(0))
	}}, nil
}
