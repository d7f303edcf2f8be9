package gen_test

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/sdk/gen"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestTypes_AreThoseOfTheFields(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, `
databases: { main: { driver: sqlite, url: "file:test.db" } }
collections:
  orders:
    fields: { id: { type: int }, state: { type: string, enum: [open, paid], required: true }, placed: { type: time }, extra: { type: json }, data: { type: bytes } }
  order_lines:
    fields: { order: { type: ref, to: orders, required: true }, sku: { type: string }, price: { type: float, required: true }, tax: { type: decimal, default: 0.19 }, total: { type: decimal, json: string, enum: [1.50, 2] }, gift: { type: bool }, due: { type: date }, token: { type: uuid } }
`)
	ts, err := gen.Types(path, "ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"export interface Orders {\n  id: number;\n  state: \"open\" | \"paid\";\n  placed?: string | null;\n  extra?: unknown | null;\n  data?: string | null;\n}",
		"export interface OrderLines {\n  order: number;\n  sku?: string | null;\n  price: number;\n  tax?: number | null;\n  total?: \"1.5\" | \"2\" | null;\n  gift?: boolean | null;\n  due?: string | null;\n  token?: string | null;\n}",
		"export interface Collections {\n  order_lines: OrderLines;\n  orders: Orders;\n}",
	} {
		if !strings.Contains(ts, want) {
			t.Errorf("there is no\n%s\nin\n%s", want, ts)
		}
	}
	text, err := gen.Types(path, "go")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "types.go", text, 0); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{"ID int64 `json:\"id,omitempty\"`", "State string `json:\"state\"`", "Placed *time.Time `json:\"placed,omitempty\"`", "Order int64 `json:\"order\"`", "Gift *bool", "Due *string", "Tax *json.Number `json:\"tax,omitempty\"`", "Total *string"} {
		if !strings.Contains(flat, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}
