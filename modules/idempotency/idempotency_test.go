package idempotency_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/memory"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/idempotency"
	"github.com/basalt-dev/basalt/modules/query"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var ann = idempotency.Caller{Kind: "user", Parts: []string{"ann", "x"}}

func open(t *testing.T) db.Driver {
	t.Helper()
	d, err := memory.Open(t.Context(), db.Config{})
	if err == nil {
		err = d.Sync(t.Context(), idempotency.Collections())
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, caller idempotency.Caller, key string, at time.Time, request ...string) *idempotency.Write {
	t.Helper()
	var parts [][]byte
	for _, part := range request {
		parts = append(parts, []byte(part))
	}
	w, err := idempotency.NewWrite(caller, key, at, parts...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var answer = idempotency.Answer{Status: 201, Header: map[string]string{"ETag": `"1"`}, Body: []byte(`{"id":"SECRET"}`)}

// TestFind_WhoGetsAnAnswerAgain: the same caller with the same key and the same request, and no other.
func TestFind_WhoGetsAnAnswerAgain(t *testing.T) {
	t.Parallel()
	d := open(t)
	if err := write(t, ann, "k1", start, "POST", "/a", "{}").Keep(t.Context(), d, answer); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		write *idempotency.Write
		found bool
		code  fault.Code
	}{
		"the same":                      {write(t, ann, "k1", start, "POST", "/a", "{}"), true, ""},
		"a day later":                   {write(t, ann, "k1", start.Add(idempotency.Lifetime), "POST", "/a", "{}"), true, ""},
		"after its lifetime":            {write(t, ann, "k1", start.Add(idempotency.Lifetime+time.Second), "POST", "/a", "{}"), false, ""},
		"another key":                   {write(t, ann, "k2", start, "POST", "/a", "{}"), false, ""},
		"another body":                  {write(t, ann, "k1", start, "POST", "/a", `{"x":1}`), false, fault.Invalid},
		"another path":                  {write(t, ann, "k1", start, "POST", "/b", "{}"), false, fault.Invalid},
		"parts that join to the same":   {write(t, ann, "k1", start, "POST/a", "", "{}"), false, fault.Invalid},
		"another caller":                {write(t, idempotency.Caller{Kind: "user", Parts: []string{"bob", "x"}}, "k1", start, "POST", "/a", "{}"), false, ""},
		"a caller of another kind":      {write(t, idempotency.Caller{Kind: "token", Parts: ann.Parts}, "k1", start, "POST", "/a", "{}"), false, ""},
		"a name that joins to the same": {write(t, idempotency.Caller{Kind: "user", Parts: []string{"annx", ""}}, "k1", start, "POST", "/a", "{}"), false, ""},
		"a part moved into the key":     {write(t, idempotency.Caller{Kind: "", Parts: []string{"user", "ann", "x"}}, "k1", start, "POST", "/a", "{}"), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, found, err := test.write.Find(t.Context(), d)
			if found != test.found || test.code == "" && err != nil || test.code != "" && fault.CodeOf(err) != test.code {
				t.Fatalf("found %v, %v", found, err)
			}
			if found && (got.Status != 201 || got.Header["ETag"] != `"1"` || string(got.Body) != string(answer.Body)) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestKeep_HappensOnce: the transaction of a second write is rolled back.
func TestKeep_HappensOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	docs := db.Describe("docs", db.Column{Name: "id", Type: query.TypeID})
	if err := d.Sync(t.Context(), []*db.Collection{docs}); err != nil {
		t.Fatal(err)
	}
	once := func(id string) error {
		return d.Transaction(t.Context(), func(s db.Store) error {
			err := s.Insert(t.Context(), docs, []query.Row{{query.String(id)}})
			return errors.Join(err, write(t, ann, "k", start, "x").Keep(t.Context(), s, answer))
		})
	}
	if err := once("a"); err != nil {
		t.Fatal(err)
	}
	if err := once("b"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	if n, err := d.Count(t.Context(), docs, query.True); n != 1 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

// TestClaim_FromItsBeginToItsEnd is a write that no transaction can cover.
func TestClaim_FromItsBeginToItsEnd(t *testing.T) {
	t.Parallel()
	d := open(t)
	w := write(t, ann, "k", start, "x")
	if err := w.Claim(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := write(t, ann, "k", start, "x").Claim(t.Context(), d); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a second claim: %v", err)
	}
	for name, test := range map[string]struct {
		after time.Duration
		retry bool
		want  string
	}{
		"in progress": {time.Second, true, "in progress"},
		"unknown":     {2 * time.Minute, false, "unknown"},
	} {
		_, found, err := write(t, ann, "k", start.Add(test.after), "x").Find(t.Context(), d)
		var e *fault.Error
		if found || !errors.As(err, &e) || e.Code != fault.Conflict || e.RetryAfter > 0 != test.retry || !strings.Contains(e.Detail, test.want) {
			t.Errorf("%s: found %v, %v", name, found, err)
		}
	}
	if err := w.Finish(t.Context(), d, answer); err != nil {
		t.Fatal(err)
	}
	if got, found, err := write(t, ann, "k", start.Add(time.Hour), "x").Find(t.Context(), d); !found || err != nil || got.Status != 201 {
		t.Errorf("afterwards: %+v, %v, %v", got, found, err)
	}

	failed := write(t, ann, "k2", start, "x")
	if err := errors.Join(failed.Claim(t.Context(), d), failed.GiveUp(t.Context(), d), failed.Claim(t.Context(), d)); err != nil {
		t.Errorf("a write that has failed cannot be sent again: %v", err)
	}
}

// TestStored_IsSealed: the database shows neither the key nor the answer, and an answer opens with its own key only.
func TestStored_IsSealed(t *testing.T) {
	t.Parallel()
	d := open(t)
	w := write(t, ann, "the-key", start, "the-request")
	other := write(t, ann, "another", start, "the-request")
	if err := errors.Join(w.Keep(t.Context(), d, answer), other.Keep(t.Context(), d, answer)); err != nil {
		t.Fatal(err)
	}
	c := idempotency.Collections()[0]
	rows, err := d.Find(t.Context(), c, db.Find{})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, v := range row {
			for _, secret := range []string{"SECRET", "the-key", "the-request", "ann"} {
				if strings.Contains(v.Text(), secret) {
					t.Errorf("%s is stored in %s", secret, v.Text())
				}
			}
		}
	}
	// The answers change places.
	const stored = 2
	for i, row := range rows {
		set := []db.Assignment{{Field: stored, Value: rows[1-i][stored]}}
		if _, _, err := d.Update(t.Context(), c, db.Update{Where: c.ByKey(row[0].Text()), Set: set}); err != nil {
			t.Fatal(err)
		}
	}
	if _, found, err := w.Find(t.Context(), d); found || err == nil {
		t.Errorf("an answer of another key: %v, %v", found, err)
	}
	for _, damaged := range []string{"", "?", "AAAA"} {
		if _, _, err := d.Update(t.Context(), c, db.Update{Where: query.True, Set: []db.Assignment{{Field: stored, Value: query.String(damaged)}}}); err != nil {
			t.Fatal(err)
		}
		if _, found, err := w.Find(t.Context(), d); found || err == nil {
			t.Errorf("the damaged answer %q: %v, %v", damaged, found, err)
		}
	}
}

func TestNewWrite_LimitsTheKey(t *testing.T) {
	t.Parallel()
	for n, ok := range map[int]bool{1: true, 255: true, 256: false} {
		if _, err := idempotency.NewWrite(ann, strings.Repeat("k", n), start); (err == nil) != ok {
			t.Errorf("a key of %d: %v", n, err)
		}
	}
}

func TestPrune_LeavesWhatIsNotExpired(t *testing.T) {
	t.Parallel()
	d := open(t)
	old, young := write(t, ann, "old", start, "x"), write(t, ann, "young", start.Add(time.Hour), "x")
	if err := errors.Join(old.Keep(t.Context(), d, answer), young.Keep(t.Context(), d, answer)); err != nil {
		t.Fatal(err)
	}
	if err := idempotency.Prune(t.Context(), d, start.Add(idempotency.Lifetime+time.Second)); err != nil {
		t.Fatal(err)
	}
	_, foundOld, _ := old.Find(t.Context(), d)
	_, foundYoung, err := young.Find(t.Context(), d)
	if foundOld || !foundYoung || err != nil {
		t.Errorf("old %v, young %v, %v", foundOld, foundYoung, err)
	}
}
