package realtime

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// gone removes a note.
func gone(id string) query.Row { return query.Row{query.String(id), query.Null} }

// TestStep_ACommitIsOne commits while a client has the window of two notes, of "a" (rank 5) and "b" (4) before "c"
// (3) and "d" (2), and says what it gets, one step a line.
func TestStep_ACommitIsOne(t *testing.T) {
	for name, test := range map[string]struct {
		way    int
		slack  int
		commit func(s *script)
		want   string
	}{
		"a key is another one":     {commit: func(s *script) { s.write(noteRow("z", 0, 5), gone("a")) }, slack: 5, want: "removed a, added z"},
		"keys are swapped":         {commit: func(s *script) { s.write(noteRow("a", 0, 4), noteRow("b", 0, 5)) }, slack: 5, want: "modified a, modified b"},
		"one comes in for another": {commit: func(s *script) { s.write(noteRow("a", 0, 1), noteRow("d", 0, 6)) }, slack: 5, want: "removed a, added d"},
		"the window moves":         {commit: func(s *script) { s.write(gone("a"), gone("b")) }, slack: 5, want: "removed a, removed b, added c, added d, total"},
		"the window is read again": {commit: func(s *script) { s.write(gone("a"), gone("b")) }, slack: 0, want: "removed a, removed b, added c, added d, total"},
		"all that hangs on a team": {commit: func(s *script) {
			s.write(noteRow("a", 1, 5), noteRow("b", 1, 4), noteRow("c", 1, 3))
		}, slack: 5, want: "removed a, removed b, added d, total"},
		"a membership for another": {commit: func(s *script) {
			s.put(&s.store.version.members, memberRow(0, 1))
			s.take(&s.store.version.members, "m00")
			s.store.commits = append(s.store.commits, []db.Change{{Collection: s.store.members, ID: "m01"}, {Collection: s.store.members, ID: "m00"}})
		}, slack: 5, want: "removed a, removed b, added e, total"},
		"documents and memberships": {commit: func(s *script) {
			s.write(gone("a"), noteRow("f", 1, 9))
			s.member(0, 1, true)
			n := len(s.store.commits)
			s.store.commits = append(s.store.commits[:n-2], append(s.store.commits[n-2], s.store.commits[n-1]...))
		}, slack: 5, want: "removed a, removed b, added f, added e, total"},
	} {
		t.Run(name, func(t *testing.T) {
			b := small
			b.slack = test.slack
			s := newScript(t, b, [2]int{0, 0})
			s.write(noteRow("a", 0, 5), noteRow("b", 0, 4), noteRow("c", 0, 3), noteRow("d", 0, 2), noteRow("e", 1, 8))
			c := s.open(0, test.way)
			s.goOn()
			before := len(c.views[0].steps)
			test.commit(s)
			s.goOn()
			s.judge(c)
			var got []string
			for _, step := range c.views[0].steps[before:] {
				got = append(got, strings.Join(step, ", "))
			}
			if strings.Join(got, "; ") != test.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), test.want)
			}
		})
	}
}

// A commit comes after the one that is reported, and before what that one has changed is read: both are one step, since
// half of the second is read with the first.
func TestStep_ACommitThatIsReadBeforeItIsReported(t *testing.T) {
	b := small
	b.slack = 5
	s := newScript(t, b, [2]int{0, 0})
	s.write(noteRow("a", 0, 5), noteRow("b", 0, 4))
	c := s.open(0, 0)
	s.goOn()
	before := len(c.views[0].steps)
	s.write(noteRow("a", 0, 6))
	s.nodes[0].stream.reported = func() { // Next has reported the first
		s.nodes[0].stream.reported = nil
		s.write(gone("a"), noteRow("z", 0, 6))
	}
	s.goOn()
	s.judge(c)
	if got, want := fmt.Sprint(c.views[0].steps[before:]), "[[removed a added z]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Commits that follow each other more quickly than they are read are whole, however many they are: one comes between each
// report and the reading of what it names.
func TestStep_CommitsThatAreQuickerThanTheirReader(t *testing.T) {
	b := small
	b.slack = 5
	s := newScript(t, b, [2]int{0, 0})
	s.store.snapshots = true
	s.write(noteRow("a", 0, 5), noteRow("z00", 0, 6))
	c := s.open(0, 0)
	s.goOn()
	before, last := len(c.views[0].steps), 0
	s.store.found = func(query.Filter) {
		if last++; last <= 40 {
			s.write(noteRow("a", 0, 1+last%5), gone(fmt.Sprintf("z%02d", last-1)), noteRow(fmt.Sprintf("z%02d", last), 0, 6))
		}
	}
	s.write(noteRow("a", 0, 4))
	s.goOn()
	s.judge(c)
	for _, step := range c.views[0].steps[before:] {
		removed, added := 0, 0
		for _, event := range step {
			if strings.HasPrefix(event, "removed z") {
				removed++
			}
			if strings.HasPrefix(event, "added z") {
				added++
			}
		}
		if removed != added {
			t.Errorf("half of a commit: %q", step)
		}
	}
}

// A step that is cut off in the middle goes on where it was for whoever takes message by message.
func TestStep_CutInTheMiddle(t *testing.T) {
	b := small
	b.slack = 5
	s := newScript(t, b, [2]int{0, 0})
	s.write(noteRow("a", 0, 5), noteRow("b", 0, 4), noteRow("c", 0, 3), noteRow("d", 0, 2))
	c := s.open(0, 0)
	s.goOn()
	s.write(gone("a"), gone("b"))
	c.cutAfter = 2
	s.goOn()
	if c.session != nil {
		t.Fatal("it was not cut")
	}
	c.cutAfter = 0
	c.connect(s.nodes[0])
	s.goOn()
	s.judge(c)
	last := c.views[0].steps[len(c.views[0].steps)-2:]
	if !slices.Equal(last[0], []string{"resumed"}) || !slices.Equal(last[1], []string{"added c", "added d", "total"}) {
		t.Errorf("got %v", last)
	}
}
