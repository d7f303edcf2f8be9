// A program with the client that oapi-codegen makes of /openapi.json. The tests compile it, and run it against a server.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"judge/api"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(url string) error {
	ctx := context.Background()
	c, err := api.NewClientWithResponses(url)
	if err != nil {
		return err
	}
	out := map[string]any{}
	author, err := person(ctx, c, out)
	if err != nil {
		return err
	}
	title, stars, open := "generated", int64(9007199254740993), api.NewNoteState("open")
	var sent api.NewNoteOrMany
	if err := sent.FromNewNote(api.NewNote{Title: title, Stars: &stars, State: &open, Author: &author}); err != nil {
		return err
	}
	key := "generated"
	made, err := c.CreateNoteWithResponse(ctx, &api.CreateNoteParams{IdempotencyKey: &key}, sent)
	if err != nil || made.JSON201 == nil {
		return fmt.Errorf("create: %w %s", err, made.Body)
	}
	note, err := made.JSON201.AsNotes()
	if err != nil {
		return err
	}
	id := *note.Id
	out["stars"], out["state"], out["now"] = *note.Stars, *note.State, time.Since(*note.Created) < time.Hour
	got, err := c.GetNoteWithResponse(ctx, id, nil)
	if err != nil {
		return err
	}
	tag := *got.Headers200.ETag
	var by api.NotePatch_Stars
	if err := by.FromNotePatchStars1(api.NotePatchStars1{Inc: 2}); err != nil {
		return err
	}
	updated, err := c.UpdateNoteWithResponse(ctx, id, &api.UpdateNoteParams{IfMatch: &tag}, api.NotePatch{Stars: &by})
	if err != nil {
		return err
	}
	out["updated"] = *updated.JSON200.Stars
	stale, err := c.UpdateNoteWithResponse(ctx, id, &api.UpdateNoteParams{IfMatch: &tag}, api.NotePatch{Title: &title})
	if err != nil {
		return err
	}
	out["stale"] = stale.ApplicationproblemJSONDefault.Code == api.PreconditionFailed
	return queries(ctx, c, id, out)
}

// person makes a document with a field of each kind that has two forms.
func person(ctx context.Context, c *api.ClientWithResponses, out map[string]any) (id string, err error) {
	var money api.NewPerson_Money
	if err := money.FromNewPersonMoney1("19.90"); err != nil {
		return "", err
	}
	var sent api.NewPersonOrMany
	if err := sent.FromNewPerson(api.NewPerson{Name: "Ann", Tags: &[]string{"a", "b"}, Extra: map[string]any{"k": 1}, Money: &money}); err != nil {
		return "", err
	}
	made, err := c.CreatePersonWithResponse(ctx, nil, sent)
	if err != nil || made.JSON201 == nil {
		return "", fmt.Errorf("create: %w %s", err, made.Body)
	}
	doc, err := made.JSON201.AsPersons()
	if err != nil {
		return "", err
	}
	out["money"], out["extra"] = *doc.Money, doc.Extra
	var change api.PersonPatchTags1
	if err := change.FromPersonPatchTags13(api.PersonPatchTags13{Append: []string{"c", "d"}}); err != nil {
		return "", err
	}
	var tags api.PersonPatch_Tags
	if err := tags.FromPersonPatchTags1(change); err != nil {
		return "", err
	}
	changed, err := c.UpdatePersonWithResponse(ctx, *doc.Id, nil, api.PersonPatch{Tags: &tags})
	if err != nil || changed.JSON200 == nil {
		return "", fmt.Errorf("update: %w %s", err, changed.Body)
	}
	out["tags"] = *changed.JSON200.Tags
	return *doc.Id, nil
}

func queries(ctx context.Context, c *api.ClientWithResponses, id string, out map[string]any) error {
	filter, limit, count, expand := `title == "generated"`, 1, true, "author"
	page, err := c.ListNotesWithResponse(ctx, &api.ListNotesParams{Filter: &filter, Limit: &limit, Count: &count, Expand: &expand})
	if err != nil || page.JSON200 == nil {
		return fmt.Errorf("list: %w %s", err, page.Body)
	}
	out["total"], out["author"] = *page.JSON200.Total, (*page.JSON200.Items[0].Expand)["author"].(map[string]any)["name"]
	found, err := c.QueryNotesWithResponse(ctx, nil, api.NoteQuery{Where: &map[string]any{"stars": map[string]any{"$gte": 5}}})
	if err != nil || found.JSON200 == nil {
		return fmt.Errorf("query: %w %s", err, found.Body)
	}
	out["found"] = len(found.JSON200.Items)
	wrong, err := c.QueryNotesWithResponse(ctx, nil, api.NoteQuery{Where: &map[string]any{"no": 1}})
	if err != nil {
		return err
	}
	out["wrong"] = (*wrong.ApplicationproblemJSONDefault.Errors)[0].Code
	figures, err := c.AggregateNotesWithResponse(ctx, nil, api.AggregateNotesJSONRequestBody{Count: &count, Sum: &[]string{"stars"}})
	if err != nil || figures.JSON200 == nil {
		return fmt.Errorf("aggregate: %w %s", err, figures.Body)
	}
	out["count"] = figures.JSON200.Items[0]["count"]
	replaced, err := c.ReplaceNoteWithResponse(ctx, id, nil, api.ReplaceNoteJSONRequestBody{Title: "replaced"})
	if err != nil || replaced.JSON200 == nil {
		return fmt.Errorf("replace: %w %s", err, replaced.Body)
	}
	out["replaced"] = *replaced.JSON200.Title
	if gone, err := c.DeleteNoteWithResponse(ctx, id, nil); err != nil || gone.StatusCode() != 204 {
		return fmt.Errorf("delete: %w %s", err, gone.Body)
	}
	after, err := c.GetNoteWithResponse(ctx, id, nil)
	if err != nil {
		return err
	}
	out["gone"] = after.ApplicationproblemJSONDefault.Code
	return json.NewEncoder(os.Stdout).Encode(out)
}
