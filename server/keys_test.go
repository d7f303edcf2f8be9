package server_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

const shop = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
collections:
  orders:
    fields: { id: { type: int }, customer: { type: string }, total: { type: int, default: 0 } }
    rules: { read: 'doc.customer == auth.id', create: 'next.customer == auth.id', update: 'doc.customer == auth.id', delete: 'doc.customer == auth.id' }
  lines:
    key: [order, n]
    fields: { order: { type: ref, to: orders }, n: { type: int, min: 1 }, sku: { type: string } }
    rules:
      read: 'get("orders", doc.order).customer == auth.id'
      create: 'get("orders", next.order).customer == auth.id'
      update: 'exists("orders", {"id": doc.order, "customer": auth.id})'
      delete: 'exists("orders", {"id": doc.order, "customer": auth.id})'
`

// TestKeys_NumbersAndSeveralColumns uses ids that are numbers, and ids that are made of two fields.
func TestKeys_NumbersAndSeveralColumns(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { keys(t, servertest.Start(t, shop)) })
	t.Run("postgres", func(t *testing.T) { keys(t, servertest.Start(t, onPostgres(t, shop))) })
}

func keys(t *testing.T, s *servertest.Instance) {
	ann, bob := user(s, "ann"), user(s, "bob")
	do := func(status int, token, method, path, body string) string {
		t.Helper()
		a := s.Do(t, call{Method: method, Path: "/v1/db/" + path, Token: token, Body: body})
		if a.Status != status {
			t.Errorf("%s %s %s: got %d, want %d: %s", method, path, body, a.Status, status, a.Body)
		}
		return a.Body
	}
	if got := do(201, ann, "POST", "orders", `{"customer":"ann"}`); got != `{"id":1,"customer":"ann","total":0}` {
		t.Errorf("got %s", got)
	}
	if got := do(201, ann, "POST", "orders", `[{"customer":"ann"},{"customer":"ann"}]`); !strings.Contains(got, `"id":2`) || !strings.Contains(got, `"id":3`) {
		t.Errorf("got %s", got)
	}
	do(201, ann, "PUT", "orders/10", `{"customer":"ann","total":7}`)
	do(201, bob, "POST", "orders", `{"id":20,"customer":"bob"}`)
	do(409, bob, "POST", "orders", `{"id":10,"customer":"bob"}`)
	do(422, ann, "POST", "orders", `{"id":"4","customer":"ann"}`)
	do(422, ann, "PUT", "orders/x", `{"customer":"ann"}`)
	do(422, ann, "PUT", "orders/5", `{"id":6,"customer":"ann"}`)
	for _, id := range []string{"010", "1.0", "x", "9223372036854775808", "1e1", "+1", "20"} {
		do(404, ann, "GET", "orders/"+id, "")
	}
	if got := do(200, ann, "GET", "orders?select=id&sort=-id&limit=2&filter=id%3C10", ""); !strings.Contains(got, `[{"id":3},{"id":2}]`) {
		t.Errorf("got %s", got)
	}
	do(200, ann, "PATCH", "orders/10", `{"id":10,"total":{"$inc":1}}`)
	do(422, ann, "PATCH", "orders/10", `{"id":11}`)

	// The lines of an order.
	if got := do(201, ann, "POST", "lines", `{"order":10,"n":2,"sku":"a"}`); got != `{"id":"10~2","order":10,"n":2,"sku":"a"}` {
		t.Errorf("got %s", got)
	}
	do(201, ann, "PUT", "lines/10~1", `{"sku":"b"}`)
	do(200, ann, "PUT", "lines/10~1", `{"id":"10~1","order":10,"sku":"c"}`)
	do(201, ann, "POST", "lines", `{"id":"1~1","order":1,"n":1}`)
	do(409, ann, "POST", "lines", `{"order":10,"n":2}`)
	do(403, ann, "POST", "lines", `{"order":20,"n":1}`)
	do(403, ann, "POST", "lines", `{"order":404,"n":1}`)
	for _, body := range []string{`{"order":10}`, `{"n":3}`, `{"id":"10~4","order":10,"n":3}`, `{"order":10,"n":0}`, `{"id":"10","order":10,"n":3}`} {
		do(422, ann, "POST", "lines", body)
	}
	do(422, ann, "PUT", "lines/10~3", `{"order":1}`)
	do(422, ann, "PUT", "lines/10", `{"sku":"x"}`)
	for _, id := range []string{"10", "10~", "10~02", "10~2~1", "~", "10~x"} {
		do(404, ann, "GET", "lines/"+id, "")
	}
	do(404, bob, "GET", "lines/10~2", "")
	do(404, bob, "PATCH", "lines/10~2", `{"sku":"stolen"}`)
	do(404, bob, "DELETE", "lines/10~2", "")
	if got := do(200, ann, "PATCH", "lines/10~2", `{"sku":"z","n":2}`); got != `{"id":"10~2","order":10,"n":2,"sku":"z"}` {
		t.Errorf("got %s", got)
	}
	do(422, ann, "PATCH", "lines/10~2", `{"n":3}`)
	do(422, ann, "PATCH", "lines/10~2", `{"n":{"$inc":1}}`)
	do(422, ann, "PATCH", "lines?filter=true", `{"n":3}`)
	// Pages, in the order of the key.
	var ids []string
	for after := ""; ; {
		a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/lines?limit=1&select=id&after=" + after, Token: ann})
		ids = append(ids, a.IDs(t)...)
		var page struct{ Next string }
		if a.Decode(t, &page); page.Next == "" {
			break
		}
		after = page.Next
	}
	if !slices.Equal(ids, []string{"1~1", "10~1", "10~2"}) {
		t.Errorf("the pages are %v", ids)
	}
	if got := do(200, ann, "GET", "lines?sort=-id&select=id,sku&filter=order==10", ""); got != `{"items":[{"id":"10~2","sku":"z"},{"id":"10~1","sku":"c"}],"next":null}` {
		t.Errorf("got %s", got)
	}
	for _, query := range []string{"filter=id==%2210~1%22", "filter=id%20in%20[%2210~1%22]"} {
		if got := do(422, ann, "GET", "lines?"+query, ""); !strings.Contains(got, "composed of order and n") {
			t.Errorf("got %s", got)
		}
	}
	do(422, ann, "POST", "lines/query", `{"where":{"id":"10~1"}}`)
	do(422, ann, "POST", "lines/aggregate", `{"group":["id"],"count":true}`)
	if got := do(200, ann, "GET", "orders/10?expand=lines(sort:-id)&select=id", ""); got != `{"id":10,"expand":{"lines":[{"id":"10~2","order":10,"n":2,"sku":"z"},{"id":"10~1","order":10,"n":1,"sku":"c"}]}}` {
		t.Errorf("got %s", got)
	}
	if got := do(200, ann, "GET", "lines/10~1?expand=order&select=sku", ""); got != `{"sku":"c","expand":{"order":{"id":10,"customer":"ann","total":8}}}` {
		t.Errorf("got %s", got)
	}
	if got := do(200, ann, "GET", "lines?select=id&filter=order.total%3E5", ""); got != `{"items":[{"id":"10~1"},{"id":"10~2"}],"next":null}` {
		t.Errorf("got %s", got)
	}
	batch := s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: ann, Body: `{"ops":[
		{"op":"create","collection":"orders","doc":{"customer":"ann"}}, {"op":"update","collection":"lines","id":"10~1","doc":{"sku":"batch"}},
		{"op":"delete","collection":"lines","id":"10~2"}, {"op":"update","collection":"orders","id":"1","doc":{"total":5}}]}`})
	if !strings.Contains(batch.Body, `{"id":"10~1","order":10,"n":1,"sku":"batch"}`) || !strings.Contains(batch.Body, `{"id":1,"customer":"ann","total":5}`) {
		t.Errorf("got %s", batch.Body)
	}
	do(204, ann, "DELETE", "lines/10~1", "")
	do(404, ann, "GET", "lines/10~1", "")
}

// refused returns what is wrong with a configuration.
func refused(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := offline.Check(path)
	if err == nil {
		t.Fatalf("accepted:\n%s", content)
	}
	return err.Error()
}

// TestKeys_MistakesAreReported: what cannot be a key is said when the file is read.
func TestKeys_MistakesAreReported(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		`key: [order, m]`:      `there is no field "m"`,
		`key: [order, order]`:  `order appears twice`,
		`key: [order, sku, x]`: `there is no field "x"`,
	} {
		if got := refused(t, strings.Replace(shop, "key: [order, n]", change, 1)); !strings.Contains(got, want) {
			t.Errorf("%s: there is no %q in %s", change, want, got)
		}
	}
	for rule, want := range map[string]string{
		`'doc.id == "1~1"'`: "id is composed of order and n", `'get("lines", "1~1").sku == "a"'`: "the key of lines is made of order and n",
		`'exists("lines", {"id": "1~1"})'`: "id is composed of order and n", `'get("orders", doc.sku).total == 1'`: "an id of orders, which is int",
	} {
		text := strings.Replace(shop, `'get("orders", doc.order).customer == auth.id'`, rule, 1)
		if got := refused(t, text); !strings.Contains(got, want) {
			t.Errorf("%s: there is no %q in %s", rule, want, got)
		}
	}
	text := strings.Replace(shop, "total: { type: int, default: 0 }", "line: { type: ref, to: lines }", 1)
	if got := refused(t, text); !strings.Contains(got, "no field can point to it") {
		t.Errorf("got %s", got)
	}
}
