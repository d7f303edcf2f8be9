package test

import (
	"testing"
	"time"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/sdk/go/test/types"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestTypes_AreWhatTheServerTakes uses what `basalt gen types --lang go` writes for sdk/gen/testdata/basalt.yaml.
func TestTypes_AreWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
collections:
  people: { fields: { name: { type: string } }, rules: { read: 'true' } }
  things: { open: true, fields: { name: { type: string, required: true }, made: { type: time } }, rules: { read: 'true', create: 'true', update: 'true' } }
  notes:
    fields:
      author:   { type: ref, to: people }
      title:    { type: string, required: true, max: 200 }
      state:    { type: string, enum: [open, closed], default: open }
      body:     { type: string }
      stars:    { type: int, default: 3 }
      tags:     { type: json }
      due:      { type: time }
      created:  { type: time, default: "now()" }
      owner:    { type: string, required: true }
    set: { create: { owner: 'auth.id' } }
    rules: { read: 'true', create: 'true', update: 'true' }
`)
	ctx := t.Context()
	client := basalt.New(s.URL, basalt.WithToken(s.Token(map[string]any{"sub": "ada"})))
	openTypes(t, basalt.Collection[types.Things](client, "things"))
	notes := basalt.Collection[types.Notes](client, "notes")

	note := must[types.Notes](t)(notes.Create(ctx, types.NewNotes{Title: "a"}))
	if note.Stars != 3 || note.State != "open" || note.Owner != "ada" || note.Created.IsZero() || note.Body != nil || note.Due != nil {
		t.Errorf("what is left out is up to the server: %+v", note)
	}
	none, body := int64(0), "b"
	if n := must[types.Notes](t)(notes.Create(ctx, types.NewNotes{Title: "a", Stars: &none, Body: &body})); n.Stars != 0 || *n.Body != body {
		t.Errorf("what is given is stored, also where it is zero: %+v", n)
	}
	due := time.Date(2026, 2, 28, 10, 0, 0, 0, time.UTC)
	note = must[types.Notes](t)(notes.Doc(note.ID).Patch(ctx, types.NotesPatch{
		Title: types.Set("b"), Body: types.Set("x"), Due: types.Set(due), Stars: types.Apply[int64](basalt.Increment(2)),
	}))
	if note.Title != "b" || *note.Body != "x" || !note.Due.Equal(due) || note.Stars != 5 || note.State != "open" {
		t.Errorf("got %+v", note)
	}
	note = must[types.Notes](t)(notes.Doc(note.ID).Patch(ctx, types.NotesPatch{Body: types.Clear[string](), Stars: types.Set[int64](0)}))
	if note.Body != nil || note.Stars != 0 || note.Title != "b" {
		t.Errorf("got %+v", note)
	}
	note = must[types.Notes](t)(notes.Doc(note.ID).Replace(ctx, types.NewNotes{Title: "c", Owner: &note.Owner}))
	if note.Title != "c" || note.Due != nil {
		t.Errorf("got %+v", note)
	}
	if n := must[types.Notes](t)(notes.Add(ctx, types.Notes{Title: "d", State: "open"})); n.Created.Year() < 2026 {
		t.Errorf("a document as it is read has no time of year %d", n.Created.Year())
	}
}

// openTypes sends and reads fields that are not declared.
func openTypes(t *testing.T, things basalt.Query[types.Things]) {
	ctx := t.Context()
	made := must[types.Things](t)(things.Create(ctx, types.NewThings{Name: "a", Rest: map[string]any{"color": "red", "n": 9007199254740993}}))
	if made.Name != "a" || made.Made != nil || len(made.Rest) != 2 || string(made.Rest["color"]) != `"red"` || string(made.Rest["n"]) != "9007199254740993" {
		t.Errorf("created %+v", made)
	}
	changed := must[types.Things](t)(things.Doc(made.ID).Patch(ctx, types.ThingsPatch{Name: types.Set("b"), Rest: map[string]any{"color": nil, "views": basalt.Increment(2)}}))
	if changed.Name != "b" || len(changed.Rest) != 2 || string(changed.Rest["views"]) != "2" {
		t.Errorf("changed %+v", changed)
	}
	again := must[types.Things](t)(things.Add(ctx, types.Things{Name: "c", Rest: changed.Rest}))
	found, _, err := things.Where("views", basalt.Eq, 2).Where("name", basalt.Eq, "c").First(ctx)
	if err != nil || found.ID != again.ID || string(found.Rest["n"]) != "9007199254740993" {
		t.Errorf("found %+v, %v", found, err)
	}
	if one := must[types.Things](t)(things.Create(ctx, types.NewThings{Name: "d"})); len(one.Rest) != 0 {
		t.Errorf("nothing but what is declared: %+v", one)
	}
}
