package crud

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/basalt-dev/basalt/modules/fault"
)

// maxView is how many documents a view has at most: each is read once more.
const maxView = 200

// View is a page of all documents, with what is hidden from another caller.
type View struct {
	Items []json.RawMessage `json:"items"`
	Next  *string           `json:"next"`
	// Total and Visible count all documents of the query, where that was asked for.
	Total   *int64 `json:"total,omitempty"`
	Visible *int64 `json:"visible,omitempty"`
	// Hidden are the ids of the documents that the other caller does not see, and Masked the fields that are left out of
	// the others, by id.
	Hidden []string            `json:"hidden"`
	Masked map[string][]string `json:"masked"`
	// Refused is why the other caller sees none at all.
	Refused string `json:"refused,omitempty"`
	// As has the claims of the other caller.
	As map[string]any `json:"as"`
}

// ViewAs returns a page of documents as one caller sees it, with what another one does not see of it. The other one
// reads each document as it always does, so that it is what they would get.
func (s *Service) ViewAs(ctx context.Context, caller, as Caller, collection string, body []byte) (*View, error) {
	plan, err := s.Prepare(caller, Read{Collection: collection, Body: body})
	if err != nil {
		return nil, err
	}
	if plan.list.limit > maxView {
		return nil, fault.FieldErrorf("query", "max", "a view has %d documents at most", maxView)
	}
	page, err := plan.Run(ctx)
	if err != nil {
		return nil, err
	}
	out := &View{Items: make([]json.RawMessage, len(page.Documents)), Hidden: []string{}, Masked: map[string][]string{}}
	if next := page.Next(); next != "" {
		out.Next = &next
	}
	for i, d := range page.Documents {
		out.Items[i] = d.AppendJSON(nil)
		if err := s.compare(ctx, as, collection, d.ID(), out); err != nil {
			return nil, err
		}
	}
	if plan.list.count {
		out.Total = &page.total
		out.Visible = s.visible(ctx, as, collection, body)
	}
	return out, nil
}

// compare notes what a caller does not see of a document.
func (s *Service) compare(ctx context.Context, as Caller, collection, id string, out *View) error {
	plan, err := s.Prepare(as, Read{Collection: collection, Kind: Get, ID: id})
	var result Result
	if err == nil {
		result, err = plan.Run(ctx)
	}
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.Forbidden:
		var refusal *fault.Error
		if errors.As(err, &refusal) {
			out.Refused = refusal.Detail
		}
		out.Hidden = append(out.Hidden, id)
		return nil
	case fault.NotFound:
		out.Hidden = append(out.Hidden, id)
		return nil
	}
	if err != nil {
		return err
	}
	d := result.Documents[0]
	for i, masked := range d.masked {
		if masked {
			out.Masked[id] = append(out.Masked[id], d.c.fields[i].Name)
		}
	}
	return nil
}

// visible counts what a caller sees of a query, nil where the caller may not ask it.
func (s *Service) visible(ctx context.Context, as Caller, collection string, body []byte) *int64 {
	plan, err := s.Prepare(as, Read{Collection: collection, Body: body})
	if err != nil {
		return nil
	}
	result, err := plan.Run(ctx)
	if err != nil {
		return nil
	}
	return &result.total
}
