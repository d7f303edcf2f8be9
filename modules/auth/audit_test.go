package auth_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/audit"
)

// TestEventNames_AreAll: what is audited has a name that configurations can use, and each name is audited.
func TestEventNames_AreAll(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "audit.go" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, m := range regexp.MustCompile(`Event\{Name: "([^"]+)"`).FindAllStringSubmatch(source.String(), -1) {
		if !slices.Contains(audit.Events, m[1]) {
			t.Errorf("%s is audited, and has no name for events", m[1])
		}
	}
	for _, name := range audit.Events {
		if !strings.Contains(source.String(), `"`+name+`"`) {
			t.Errorf("%s is a name, and never audited", name)
		}
	}
}

// TestPrune_RemovesWhatIsOlder: more than goes in one piece, and what is as old as it may be stays.
func TestPrune_RemovesWhatIsOlder(t *testing.T) {
	s, c := newService(t, 10)
	s.KeepAudit = 90 * 24 * time.Hour
	auth.Happened(t, s, "signin.failed", 2500)
	c.advance(time.Hour)
	auth.Happened(t, s, "signup", 3)
	for _, step := range []struct {
		after          time.Duration
		failed, signUp int64
	}{{s.KeepAudit - time.Hour, 2500, 3}, {time.Minute, 0, 3}, {time.Hour - time.Minute, 0, 3}, {time.Second, 0, 0}} {
		c.advance(step.after)
		if err := s.Prune(context.Background()); err != nil {
			t.Fatal(err)
		}
		if failed, signUp := auth.Count(t, s, "signin.failed"), auth.Count(t, s, "signup"); failed != step.failed || signUp != step.signUp {
			t.Errorf("after %s more: %d and %d are kept, want %d and %d", step.after, failed, signUp, step.failed, step.signUp)
		}
	}
}
