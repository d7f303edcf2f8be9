package existing

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// start serves a database made by schema.sql.
func start(t *testing.T) *servertest.Instance {
	t.Helper()
	schema, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	database := postgrestest.Database(t)
	ctx := context.Background()
	c, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(ctx, string(schema)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL", database)
	return servertest.StartFile(t, "basalt.yaml")
}

type call = servertest.Call

func TestExample(t *testing.T) {
	s := start(t)
	ada := s.Token(map[string]any{"sub": "ada", "customer": 1})
	bob := s.Token(map[string]any{"sub": "bob", "customer": 2})
	for _, test := range []struct {
		status int
		call   call
		want   string
	}{
		{200, call{Method: "GET", Path: "/v1/db/customers", Token: ada}, `{"items":[{"id":1,"email":"ada@example.com"`},
		{404, call{Method: "GET", Path: "/v1/db/customers/2", Token: ada}, ``},
		{404, call{Method: "PATCH", Path: "/v1/db/customers/2", Token: ada, Body: `{"full_name":"x"}`}, ``},
		{200, call{Method: "GET", Path: "/v1/db/orders/1?select=state&expand=customer,order_lines(expand:sku)", Token: ada}, `"sku":{"id":"tea","title":"Green tea","price":4.5}`},
		{404, call{Method: "GET", Path: "/v1/db/orders/2", Token: ada}, ``},
		{403, call{Method: "POST", Path: "/v1/db/orders", Token: ada, Body: `{"state":"paid"}`}, ``},
		{201, call{Method: "POST", Path: "/v1/db/orders", Token: ada, Body: `{"customer":2}`}, `{"id":3,"customer":1,"state":"open","placed_at":"20`},
		{201, call{Method: "POST", Path: "/v1/db/order_lines", Token: ada, Body: `{"order_id":3,"line_no":1,"sku":"cup","unit_price":12}`}, `{"id":"3~1","order_id":3,"line_no":1,"sku":"cup","quantity":1,"unit_price":12,"amount":12}`},
		{403, call{Method: "POST", Path: "/v1/db/order_lines", Token: ada, Body: `{"order_id":3,"line_no":2,"sku":"cup","unit_price":1}`}, ``},
		{403, call{Method: "POST", Path: "/v1/db/order_lines", Token: bob, Body: `{"order_id":3,"line_no":2,"sku":"cup","unit_price":12}`}, ``},
		{409, call{Method: "POST", Path: "/v1/db/order_lines", Token: ada, Body: `{"order_id":3,"line_no":1,"sku":"cup","unit_price":12}`}, ``},
		{200, call{Method: "PATCH", Path: "/v1/db/order_lines/3~1", Token: ada, Body: `{"quantity":3}`}, `"quantity":3,"unit_price":12,"amount":36`},
		{200, call{Method: "PATCH", Path: "/v1/db/order_lines/3~1", Token: ada, Body: `{"quantity":{"$inc":-1}}`}, `"quantity":2,"unit_price":12,"amount":24`},
		{200, call{Method: "PUT", Path: "/v1/db/order_lines/3~1", Token: ada, Body: `{"sku":"cup","unit_price":12,"quantity":5}`}, `{"id":"3~1","order_id":3,"line_no":1,"sku":"cup","quantity":5,"unit_price":12,"amount":60}`},
		{404, call{Method: "PATCH", Path: "/v1/db/order_lines/3~1", Token: bob, Body: `{"quantity":9}`}, ``},
		{403, call{Method: "PATCH", Path: "/v1/db/order_lines/1~1", Token: ada, Body: `{"quantity":9}`}, ``},
		{200, call{Method: "GET", Path: "/v1/db/order_lines?filter=" + url.QueryEscape(`order_id.state == "open" && amount > 10`) + "&select=id", Token: ada}, `{"items":[{"id":"3~1"}],"next":null}`},
		{200, call{Method: "GET", Path: "/v1/db/best_sellers?sort=-sold&limit=1"}, `{"items":[{"id":"cup","title":"A cup","sold":6}]`},
		{204, call{Method: "DELETE", Path: "/v1/db/orders/3", Token: ada}, ``},
		{404, call{Method: "GET", Path: "/v1/db/order_lines/3~1", Token: ada}, ``},
		{403, call{Method: "DELETE", Path: "/v1/db/orders/1", Token: ada}, ``},
	} {
		a := s.Do(t, test.call)
		if a.Status != test.status || !strings.Contains(a.Body, test.want) {
			t.Errorf("%s %s %v: got %d %s, want %d %s", test.call.Method, test.call.Path, test.call.Body, a.Status, a.Body, test.status, test.want)
		}
	}
}

// TestExample_IsWhatIntrospectPrints: the collections of the file are those that introspect finds.
func TestExample_IsWhatIntrospectPrints(t *testing.T) {
	s := start(t)
	head := "databases: { main: { driver: postgres, url: \"" + os.Getenv("DATABASE_URL") + "\" } }\n"
	path := filepath.Join(t.TempDir(), "empty.yaml")
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := offline.Introspect(context.Background(), path, "", &out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append([]byte(head), out.Bytes()...), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := offline.Check(path)
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	written, err := offline.Check(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range written.Collections {
		other := found.Collections[name]
		if other == nil {
			t.Fatalf("there is no %s in\n%s", name, out.String())
		}
		for field, f := range c.Fields {
			if o := other.Fields[field]; o == nil || o.Type != f.Type || o.To != f.To {
				t.Errorf("%s.%s is %+v in the example and %+v in the database", name, field, f, o)
			}
		}
		if len(other.Fields) != len(c.Fields) || strings.Join(other.Key, ",") != strings.Join(c.Key, ",") {
			t.Errorf("%s differs: %v, %v", name, other.Key, c.Key)
		}
	}
}
