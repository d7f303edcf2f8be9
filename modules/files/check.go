package files

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Pending is the field that is true until the check of a file has said yes, where there is one. The read rule of the
// collection leaves such documents out.
const Pending = "pending"

const (
	// checkInterval is how often a node looks for files that no one has checked.
	checkInterval = 15 * time.Second
	// checkTime bounds one question.
	checkTime = time.Minute
	// checkLink is how long the address in a question is good.
	checkLink = time.Hour
	// checksAtOnce is how many questions a node asks at once, and checksWaiting how many wait for that in its memory.
	checksAtOnce, checksWaiting = 4, 256
	// longestWait is the longest time between two questions about a file; it begins with a second and doubles.
	longestWait = 5 * time.Minute
	// othersTime is how long a node leaves a file to the one that has received it.
	othersTime = 30 * time.Second
)

// Question is what a check is asked about a file.
type Question struct {
	Collection string `json:"collection"`
	ID         string `json:"id"`
	Path       string `json:"path,omitempty"`
	Name       string `json:"name,omitempty"`
	Type       string `json:"type"`
	Size       int64  `json:"size"`
	SHA256     string `json:"sha256"`
	// URL is where the bytes are, without a token.
	URL string `json:"url"`
}

// Answer is what a check has said.
type Answer struct {
	// Allow lets the file be read; without it, it is removed. A check that has not said either is asked again.
	Allow *bool `json:"allow"`
	// Reason is for the log.
	Reason string `json:"reason"`
}

// checks are the files that this node has checked.
type checks struct {
	wake   chan struct{}
	asking chan struct{}

	checksMu sync.Mutex
	known    map[checked]*checking // guarded by checksMu
}

// checked is a document with certain bytes.
type checked struct{ collection, id, sum string }

// checking is how far the check of a file is.
type checking struct {
	busy  bool
	tries int
	again time.Time
}

func (c *checks) begin() {
	c.wake, c.asking, c.known = make(chan struct{}, 1), make(chan struct{}, checksAtOnce), map[checked]*checking{}
}

// wakeChecks lets the node look for files to check now.
func (c *checks) wakeChecks() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Start checks files until Close, where collections have a check: those that are there, and those that come.
func (s *Service) Start(docs *crud.Service) {
	if s == nil {
		return
	}
	var some []*Collection
	for _, c := range s.Collections {
		if c.Check != nil {
			some = append(some, c)
		}
	}
	if len(some) == 0 {
		return
	}
	s.running.Go(func() {
		tick := time.NewTicker(checkInterval)
		defer tick.Stop()
		for all := true; ; all = false { // after a start, those of a node that is gone, too
			for _, c := range some {
				if err := s.checkPending(docs, c, all); err != nil && s.living.Err() == nil {
					s.Log.Warn("looking for files to check; it is tried again", "collection", c.Name, "error", err.Error())
				}
			}
			select {
			case <-s.wake:
			case <-tick.C:
			case <-s.living.Done():
				return
			}
		}
	})
}

// checkPending begins to check the files of a collection that are pending.
func (s *Service) checkPending(docs *crud.Service, c *Collection, all bool) error {
	ctx := db.ReadPrimary(s.living)
	pending := &query.Compare{Path: query.Path{Field: Pending}, Op: query.Eq, Value: query.Bool(true)}
	where := query.Filter(pending)
	sum, updated := c.Stored.Shape.Index(fieldSHA256), c.Stored.Shape.Index("updated")
	for {
		rows, err := c.Database.Find(ctx, c.Stored, db.Find{Query: query.Query{Where: where, Sort: c.Stored.KeyOrder(false), Limit: batch}})
		if err != nil {
			return err
		}
		for _, row := range rows {
			what := checked{c.Name, c.Stored.ID(row), row[sum].Text()}
			if !s.takeCheck(what, all || s.Now().Sub(row[updated].Time()) > othersTime) {
				continue
			}
			s.running.Go(func() { s.checkOne(docs, c, what) })
		}
		if len(rows) < batch {
			return nil
		}
		where = query.All(pending, &query.Compare{Path: c.Stored.KeyPath(), Op: query.Gt, Value: rows[len(rows)-1][c.Stored.Key]})
	}
}

// takeCheck reports whether this node checks a file now. One that it does not know it takes where that is due.
func (s *Service) takeCheck(what checked, due bool) bool {
	s.checksMu.Lock()
	defer s.checksMu.Unlock()
	k := s.known[what]
	if k == nil {
		if !due || len(s.known) >= checksWaiting {
			return false
		}
		k = &checking{}
		s.known[what] = k
	}
	if k.busy || s.Now().Before(k.again) {
		return false
	}
	k.busy = true
	return true
}

// received makes this node the one that checks what has just arrived.
func (s *Service) received(c *Collection, id, sum string) {
	if !c.Checked {
		return
	}
	s.checksMu.Lock()
	if what := (checked{c.Name, id, sum}); s.known[what] == nil && len(s.known) < checksWaiting {
		s.known[what] = &checking{}
	}
	s.checksMu.Unlock()
	s.wakeChecks()
}

// checkOne asks about a file, and does what the answer says.
func (s *Service) checkOne(docs *crud.Service, c *Collection, what checked) {
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-s.living.Done():
		return
	}
	ctx, cancel := context.WithTimeout(s.living, checkTime)
	defer cancel()
	err := s.ask(ctx, docs, c, what)
	s.checksMu.Lock()
	defer s.checksMu.Unlock()
	if err == nil {
		delete(s.known, what)
		s.wakeChecks() // others may have waited for a place
		return
	}
	if s.living.Err() != nil {
		return
	}
	k := s.known[what]
	wait := min(time.Second<<min(k.tries, 20), longestWait)
	k.busy, k.tries, k.again = false, k.tries+1, s.Now().Add(wait)
	s.Log.Warn("a file could not be checked; it is tried again", "collection", c.Name, "id", what.id, "attempt", k.tries, "error", err.Error())
	time.AfterFunc(wait, s.wakeChecks)
}

var checker = crud.Caller{Admin: true, Method: "CHECK"}

// ask asks the check about a file. It has nothing to do where the document is gone or has other bytes.
func (s *Service) ask(ctx context.Context, docs *crud.Service, c *Collection, what checked) error {
	f, err := s.findAny(ctx, docs, checker, c, crud.Read{Collection: c.Name, Kind: crud.Get, ID: what.id})
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		return nil
	case err != nil:
		return err
	case f.sum != what.sum || !f.pending:
		return nil
	}
	path, _ := f.doc.Field(fieldPath)
	link, err := s.linkTo(ctx, crud.Caller{}, f, checkLink, url.Values{"check": {"1"}}) // good for bytes that are pending, too
	if err != nil {
		return err
	}
	q, err := json.Marshal(Question{c.Name, f.ID, path.Text(), f.Name, f.Type, f.Size, f.sum, s.Base + link.URL})
	if err != nil {
		return err
	}
	said, err := c.Check(ctx, q)
	if err != nil {
		return err
	}
	var answer Answer
	if err := json.Unmarshal(said, &answer); err != nil || answer.Allow == nil {
		return fmt.Errorf("the check answers %s, and not {\"allow\": true} or {\"allow\": false}", fault.Clip(string(said)))
	}
	same := func(doc crud.Document) error {
		if sum, _ := doc.Field(fieldSHA256); sum.Text() != what.sum {
			return crud.ErrNotFound
		}
		return nil
	}
	if *answer.Allow {
		_, err = docs.UpdateIf(ctx, serving(checker), crud.Target{Collection: c.Name, ID: what.id}, []byte(`{"`+Pending+`":false}`), same)
		s.Observe("allowed")
	} else {
		s.Log.Info("a file was refused by its check, and is removed", "collection", c.Name, "id", what.id, "reason", fault.Clip(answer.Reason))
		err = docs.Delete(ctx, checker, crud.Target{Collection: c.Name, ID: what.id, IfMatch: f.doc.ETag()})
		s.Flush()
		s.Observe("denied")
	}
	switch fault.CodeOf(err) {
	case fault.NotFound: // it was replaced or deleted meanwhile
		return nil
	case fault.PreconditionFailed: // it was changed, and is asked about again
		return fmt.Errorf("the file has changed while it was checked")
	}
	return err
}
