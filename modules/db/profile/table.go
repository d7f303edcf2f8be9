package profile

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxStatements bounds the statements that are counted. One more takes the place of the one that has cost least.
	maxStatements = 500
	// longestStatement is how many bytes of a statement are kept.
	longestStatement = 8 << 10
)

// limit stands before the number of rows, which drivers write into a statement.
var limit = []byte("LIMIT ")

// Statement is one that databases run, with what it has cost.
type Statement struct {
	ID, Database, Text string

	text               string       // as the table has it
	count, total, most atomic.Int64 // the latter in nanoseconds

	mu         sync.Mutex // guards what follows
	collection string
	plan       Plan
}

// Cost is what a statement has cost since the table began.
type Cost struct {
	Count       int64
	Total, Most time.Duration
}

// Cost returns what the statement has cost.
func (s *Statement) Cost() Cost {
	return Cost{s.count.Load(), time.Duration(s.total.Load()), time.Duration(s.most.Load())}
}

func (s *Statement) add(took time.Duration) {
	s.count.Add(1)
	s.total.Add(int64(took))
	for {
		most := s.most.Load()
		if int64(took) <= most || s.most.CompareAndSwap(most, int64(took)) {
			return
		}
	}
}

// seen keeps how to explain the statement: as it ran lately.
func (s *Statement) seen(collection string, plan func() Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collection = collection
	if plan != nil {
		s.plan = plan()
	}
}

// Collection is the collection that the statement is about, empty where that is not known.
func (s *Statement) Collection() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.collection
}

// Plan returns what explains the statement, nil where nothing does.
func (s *Statement) Plan() Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plan
}

// Table counts the statements of a node. The zero value is empty.
type Table struct {
	mu    sync.RWMutex // guards what follows
	all   map[string]map[string]*Statement
	count int
}

// statement returns the statement of a text.
func (t *Table) statement(database string, sql []byte) *Statement {
	if len(sql) > longestStatement {
		sql = sql[:longestStatement]
	}
	placeholder := ""
	if n := bytes.TrimRight(sql, "0123456789"); bytes.HasSuffix(n, limit) && len(n) < len(sql) { // one statement, however long the page
		sql, placeholder = n, "?"
	}
	t.mu.RLock()
	s := t.all[database][string(sql)] // does not allocate
	t.mu.RUnlock()
	if s != nil {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.all[database][string(sql)]; s != nil {
		return s
	}
	if t.count >= maxStatements {
		t.evict()
	}
	text := strings.Clone(string(sql))
	name := fnv.New64a()
	name.Write([]byte(database + "\x00" + text))
	s = &Statement{ID: fmt.Sprintf("%016x", name.Sum64()), Database: database, Text: strings.ToValidUTF8(text, "�") + placeholder, text: text}
	if t.all == nil {
		t.all = map[string]map[string]*Statement{}
	}
	if t.all[database] == nil {
		t.all[database] = map[string]*Statement{}
	}
	t.all[database][text] = s
	t.count++
	return s
}

// evict removes the statement that has cost least.
func (t *Table) evict() {
	var least *Statement
	for _, of := range t.all {
		for _, s := range of {
			if least == nil || s.total.Load() < least.total.Load() {
				least = s
			}
		}
	}
	delete(t.all[least.Database], least.text)
	t.count--
}

// Statements returns all of them, in no order.
func (t *Table) Statements() (out []*Statement) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, of := range t.all {
		for _, s := range of {
			out = append(out, s)
		}
	}
	return out
}
