package gen_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
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
    fields: { order: { type: ref, to: orders, required: true }, sku: { type: string }, price: { type: float, required: true }, tax: { type: decimal, default: 0.19 }, total: { type: decimal, json: string, enum: [1.50, 2] }, gift: { type: bool, default: false }, due: { type: date }, token: { type: uuid } }
  places:
    fields: { at: { type: json, required: true, fields: { city: { type: string, required: true }, visits: { type: int, default: 0 }, since: { type: time }, geo: { type: json, fields: { lat: { type: float, required: true } } }, tags: { type: list, of: string } } }, more: { type: json, open: true, fields: { x: { type: int } } } }
  new_orders:
    fields: { note: { type: string } }
  scans:
    files: {}
    fields: { order: { type: ref, to: orders, required: true } }
storage: { disk: { driver: local, dir: ./files } }
`)
	ts, err := gen.Types(path, "ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"export interface Orders<Time = string> {\n  id: number;\n  state: \"open\" | \"paid\";\n  placed: Time | null;\n  extra: unknown;\n  data: string | null;\n}",
		"export interface NewOrders {\n  id?: number;\n  state: \"open\" | \"paid\";\n  placed?: string | Date | null;\n  extra?: unknown;\n  data?: string | null;\n}",
		"export interface OrdersPatch {\n  state?: \"open\" | \"paid\";\n  placed?: string | Date | null | { readonly $now: true };\n",
		"export interface OrderLines {\n  id: string;\n  order: number;\n  sku: string | null;\n  price: number;\n  tax: number;\n  total: \"1.5\" | \"2\" | null;\n  gift: boolean;\n  due: string | null;\n  token: string | null;\n}",
		"export interface NewOrderLines {\n  id?: string;\n  order: number;\n  sku?: string | null;\n  price: number;\n  tax?: number | string;\n  total?: \"1.5\" | \"2\" | null;\n  gift?: boolean;\n  due?: string | null;\n  token?: string | null;\n}",
		"  tax?: number | string | { readonly $inc: number | string };\n",
		"  due?: string | null | { readonly $now: true };\n",
		"  size: number;\n  sha256: string;\n  created: Time;\n  updated: Time;\n  metadata: unknown;\n", // of scans, which the server sets
		"  size?: number;\n  sha256?: string;\n  created?: string | Date;\n",
		"export interface ScansPatch {\n  path?: string | null;\n  name?: string | null;\n  metadata?: unknown;\n",
		"  orders: {\n    doc: Orders;\n    dated: Orders<Date>;\n    new: NewOrders;\n    patch: OrdersPatch;\n    refs: Record<never, never>;\n    back: { order_lines: Collections[\"order_lines\"]; scans: Collections[\"scans\"] };\n  };",
		"export interface NewOrders_ {", // the type of new_orders, as it is read
		"export interface Places {\n  id: string;\n  at: { city: string; visits: number; since?: string | null; geo?: { lat: number } | null; tags?: (string)[] | null };\n  more: { x?: number | null; [name: string]: unknown } | null;\n}",
		"export interface NewPlaces {\n  id?: string;\n  at: { city: string; visits?: number | null; since?: string | Date | null; geo?: { lat: number } | null; tags?: readonly (string)[] | null };\n",
		"export interface PlacesPatch {\n  at?: { city?: string; visits?: number | null | { readonly $inc: number }; since?: string | Date | null | { readonly $now: true }; geo?: { lat?: number | { readonly $inc: number } } | null; tags?: ",
		`  order_lines: { times: [], refs: { order: "orders" } },`,
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
	for _, want := range []string{
		"type Orders struct { ID int64 `json:\"id,omitempty\"` State string `json:\"state\"` Placed *time.Time `json:\"placed,omitempty\"` Extra json.RawMessage `json:\"extra,omitempty\"`",
		"type OrderLines struct { ID string `json:\"id,omitempty\"` Order int64 `json:\"order\"` Sku *string", "Tax json.Number `json:\"tax\"` Total *string", "Gift bool `json:\"gift\"` Due *string",
		"type NewOrderLines struct { ID string `json:\"id,omitempty\"` Order int64 `json:\"order\"`", "Tax *json.Number `json:\"tax,omitempty\"`", "Gift *bool `json:\"gift,omitempty\"`",
		"type OrderLinesPatch struct { Order Change[int64] `json:\"order,omitzero\"`", "func (NewOrderLines) NewOf(OrderLines) {}", "func (OrderLinesPatch) PatchOf(OrderLines) {}",
		"type PlacesAt struct { City string `json:\"city\"` Visits *int64 `json:\"visits,omitempty\"` Since *time.Time `json:\"since,omitempty\"` Geo *PlacesAtGeo `json:\"geo,omitempty\"` Tags []string",
		"type Places struct { ID string `json:\"id,omitempty\"` At PlacesAt `json:\"at\"` More json.RawMessage",
		"type NewOrders_ struct {", "Created time.Time `json:\"created,omitzero\"`", "type ScansPatch struct { Path Change[string] `json:\"path,omitzero\"` Name Change[string] `json:\"name,omitzero\"` Metadata Change[json.RawMessage]",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}

// TestTypes_AreThoseOfTheTypeTests holds the files that sdk/js/test/typed.ts and sdk/go/test/typed_test.go are compiled with.
func TestTypes_AreThoseOfTheTypeTests(t *testing.T) {
	t.Parallel()
	for language, committed := range map[string]string{"ts": "../js/test/collections.ts", "go": "../go/test/types/types.go"} {
		want, err := gen.Types(filepath.Join("testdata", "basalt.yaml"), language)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(committed); err != nil || string(got) != want {
			t.Errorf("%s is stale (%v); run: basalt gen types --lang %s -c sdk/gen/testdata/basalt.yaml -o sdk/gen/%s", committed, err, language, committed)
		}
	}
}
