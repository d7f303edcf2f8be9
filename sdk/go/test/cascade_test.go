package test

import (
	"fmt"
	"testing"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestDocument_DeleteInSteps: a delete in steps takes along more than one transaction may.
func TestDocument_DeleteInSteps(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
log: { level: error }
limits: { cascade: 3 }
collections:
  lists: { fields: { name: { type: string } }, rules: { read: 'true', create: 'true', delete: 'true' } }
  items: { fields: { list: { type: ref, to: lists, on_delete: cascade } }, rules: { read: 'true', create: 'true' } }
`)
	type list struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name"`
	}
	type item struct {
		ID   string `json:"id,omitempty"`
		List string `json:"list"`
	}
	c := basalt.New(s.URL)
	lists, items := basalt.Collection[list](c, "lists"), basalt.Collection[item](c, "items")
	a := must[list](t)(lists.Add(t.Context(), list{Name: "a"}))
	for i := range 8 {
		must[item](t)(items.Add(t.Context(), item{ID: fmt.Sprintf("i%d", i), List: a.ID}))
	}
	left := func() int64 { return must[int64](t)(items.Count(t.Context())) }
	if err := lists.Doc(a.ID).Delete(t.Context()); basalt.CodeOf(err) != basalt.Invalid || left() != 8 {
		t.Fatalf("a whole delete is answered by %v", err)
	}
	if err := lists.Doc(a.ID).DeleteInSteps(t.Context()); err != nil || left() != 0 {
		t.Errorf("got %v, with %d left", err, left())
	}
	if err := lists.Doc(a.ID).DeleteInSteps(t.Context()); basalt.CodeOf(err) != basalt.NotFound {
		t.Errorf("what is gone is deleted with %v", err)
	}
}
