package graphql

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// subscription is one subscription of a client, and what it has been sent.
type subscription struct {
	root *root
	ask  asked
	key  []byte // of the root in the answer, with its quotes and colon
	// changes says that only changes are sent, after what there is at first.
	changes bool
	stream  *stream // nil where it is none

	// Of a step that has begun to come: its documents, and what becomes of each.
	docs  []json.RawMessage
	steps []stepped
	wrong json.RawMessage // errors instead of a list
}

// stepped is what a change does to one document, as a client reads it in extensions.
type stepped struct {
	Type  string `json:"type"`
	Key   string `json:"key"`
	Index *int   `json:"index,omitempty"`
}

// stream is how far a client has come in a <name>_stream.
type stream struct {
	mu   sync.Mutex // guards from
	from string     // the cursor of the last document that was sent; empty at first
}

func (s *stream) at() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}

// advance moves on, where a part begins at the place where the client is, and reports whether it does.
func (s *stream) advance(from, to string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from != from {
		return false
	}
	if to != "" {
		s.from = to
	}
	return true
}

// subscribed returns the subscription of an operation.
func (e *executor) subscribed(a asked) (*subscription, error) {
	roots := collect([]ast.SelectionSet{e.op.SelectionSet}, e.vars)
	if len(roots) != 1 || e.model.roots["subscription "+roots[0].field.Name] == nil {
		return nil, fault.FieldErrorf("query", "subscription", "a subscription selects documents or figures, once")
	}
	r := e.model.roots["subscription "+roots[0].field.Name]
	s := &subscription{root: r, ask: a, key: append(query.String(roots[0].key).AppendJSON(nil), ':'), changes: e.op.Directives.ForName("changes") != nil}
	switch {
	case s.changes && !r.listed():
		return nil, fault.FieldErrorf("query", "changes", "@changes is for subscriptions to a list such as %s; leave it out here", r.c.typ)
	case r.streams:
		s.stream = &stream{from: a.resume}
		s.ask.resume = ""
	}
	return s, nil
}

// listed reports whether a root is a list of documents, whose changes can be told one by one.
func (r *root) listed() bool {
	return !r.one && !r.figures && !r.grouped && !r.streams && !r.connected && !r.node
}

// liveEvent is an event of a live query.
type liveEvent struct {
	ID, Event, Type, Key string
	Index                int
	Doc                  json.RawMessage
	Items                []json.RawMessage
	Keys                 []string
	More                 bool
	Resume               string
	Error                json.RawMessage
}

// wrongKey is the key of what a list has instead of documents, where it could not be read: errors. No document has it.
const wrongKey = "\x00errors"

// answer appends the answer that an event is for a client, and reports whether it is one; again says that the live query
// has to be prepared once more.
func (s *subscription) answer(dst []byte, h *liveEvent) (out []byte, is, again bool) {
	switch {
	case s.stream != nil:
		return s.streamed(dst, h)
	case s.changes:
		out, is = s.changed(dst, h)
		return out, is, false
	case h.Event == "snapshot" && len(h.Items) == 1:
		return extended(dst, h.Items[0], `"resume":`, h.Resume), true, false
	}
	return dst, false, false
}

// extended appends an answer with a text in its extensions.
func extended(dst []byte, answer json.RawMessage, member, text string) []byte {
	dst = append(append(dst, answer[:len(answer)-1]...), `,"extensions":{`...)
	return append(query.String(text).AppendJSON(append(dst, member...)), "}}"...)
}

// streamed is answer for a stream.
func (s *subscription) streamed(dst []byte, h *liveEvent) (out []byte, is, again bool) {
	if len(h.Items) != 1 {
		return dst, false, false
	}
	var of streamPart
	if json.Unmarshal(h.Items[0], &of) != nil || of.Answer == nil || !s.stream.advance(of.From, of.To) {
		return dst, false, false // it was sent before, or there is nothing yet
	}
	return extended(dst, of.Answer, `"resume":`, s.stream.at()), true, of.To != ""
}

// changed is answer for a subscription to changes. All changes of one step are one answer.
func (s *subscription) changed(dst []byte, h *liveEvent) ([]byte, bool) {
	switch h.Event {
	case "snapshot":
		s.docs, s.steps, s.wrong = nil, nil, nil
		if len(h.Keys) == 1 && h.Keys[0] == wrongKey {
			return s.failed(dst, h.Items[0], h.Resume), true
		}
		return append(s.list(dst, h.Items), fmt.Sprintf(`,"extensions":{"resume":%q}}`, h.Resume)...), true
	case "resumed":
		s.docs, s.steps, s.wrong = nil, nil, nil
		return append(s.list(dst, nil), fmt.Sprintf(`,"extensions":{"changes":[],"resume":%q}}`, h.Resume)...), true
	case "change":
	default:
		return dst, false
	}
	switch {
	case h.Key == wrongKey && h.Type != "removed":
		s.wrong = h.Doc
	case h.Key == wrongKey: // what was sent with it is nothing to take away
	case h.Type == "removed":
		s.steps = append(s.steps, stepped{Type: h.Type, Key: h.Key})
	default:
		s.docs = append(s.docs, h.Doc)
		s.steps = append(s.steps, stepped{h.Type, h.Key, &h.Index})
	}
	if h.More {
		return dst, false
	}
	docs, steps, wrong := s.docs, s.steps, s.wrong
	s.docs, s.steps, s.wrong = nil, nil, nil
	if wrong != nil {
		return s.failed(dst, wrong, h.Resume), true
	}
	if steps == nil {
		steps = []stepped{}
	}
	changes, _ := json.Marshal(steps) // texts and numbers only
	return append(s.list(dst, docs), fmt.Sprintf(`,"extensions":{"changes":%s,"resume":%q}}`, changes, h.Resume)...), true
}

// list appends the beginning of an answer with documents.
func (s *subscription) list(dst []byte, docs []json.RawMessage) []byte {
	dst = append(append(append(dst, `{"data":{`...), s.key...), '[')
	for i, d := range docs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, d...)
	}
	return append(dst, "]}"...)
}

// failed appends an answer with errors.
func (s *subscription) failed(dst []byte, errs json.RawMessage, resume string) []byte {
	return append(dst, fmt.Sprintf(`{"errors":%s,"data":null,"extensions":{"resume":%q}}`, errs, resume)...)
}

// streamPart is a part of a stream: the documents between two cursors. Without an answer there are none yet.
type streamPart struct {
	From   string          `json:"from"`
	To     string          `json:"to,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}

// streamArguments reads the arguments of a stream.
func (e *executor) streamArguments(s *selected, r *root, from string) (*ask, error) {
	a := &ask{}
	size, ok := whole(s.argument("batch_size", e.vars))
	if !ok || size < 1 {
		return nil, fault.FieldErrorf("batch_size", "min", "batch_size is a whole number from 1 on")
	}
	a.limit = min(size, e.page)
	cursors := slices.DeleteFunc(listOf(s.argument("cursor", e.vars)), func(v any) bool { return v == nil })
	if len(cursors) != 1 {
		return nil, fault.FieldErrorf("cursor", "max", "a stream has one cursor, of one field")
	}
	cursor := object(cursors[0])
	initial := object(cursor["initial_value"])
	if len(initial) != 1 {
		return nil, fault.FieldErrorf("cursor", "max", "initial_value has one field, after whose value the stream begins")
	}
	where, err := e.where(r.c, s.argument("where", e.vars))
	if err != nil {
		return nil, err
	}
	descends := cursor["ordering"] == "DESC"
	for name, v := range initial {
		f := r.c.members[name].field
		test := map[string]any{"$exists": true} // from the first on
		if v != nil {
			test = map[string]any{map[bool]string{true: "$lt", false: "$gt"}[descends]: v}
		}
		begin := map[string]any{f.Name: test}
		if a.where = begin; len(where) > 0 {
			a.where = map[string]any{"$and": []any{where, begin}}
		}
		a.sort = []string{map[bool]string{true: "-"}[descends] + f.Name}
	}
	if from != "" {
		a.after = from
	}
	return a, nil
}

// next reads the part of a stream after a cursor.
func (e *executor) next(s *selected, r *root, from string) (part streamPart, err error) {
	part.From = from
	a, err := e.streamArguments(s, r, from)
	if err != nil {
		return part, err
	}
	lv, err := e.levelOf(r.c, s, a.limit)
	if err != nil {
		return part, err
	}
	read, err := a.read(lv)
	if err != nil {
		return part, err
	}
	found, err := e.run(read)
	if err != nil || len(found.Documents) == 0 {
		return part, err
	}
	out, err := e.load(lv, found.Documents)
	if err != nil {
		return part, err
	}
	answer := append(query.String(s.key).AppendJSON([]byte(`{"data":{`)), ':')
	answer = append(out.appendList(answer, e.answer), "}}"...)
	if len(answer) > e.answer {
		return part, e.tooLong()
	}
	part.To, part.Answer = found.Cursor(len(found.Documents)-1), answer
	return part, nil
}

// tooLong says that an answer is larger than one may be.
func (e *executor) tooLong() error {
	return &fault.Error{Code: fault.AnswerTooLarge, Detail: fmt.Sprintf("the answer has more than %d bytes (limits.answer); narrow it", e.answer)}
}
