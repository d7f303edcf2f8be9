package main

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestAtOnce_LaterStepsHaveWhatWasMade: each lane works on its own, and what is chosen leaves out nothing that is needed.
func TestAtOnce_LaterStepsHaveWhatWasMade(t *testing.T) {
	t.Parallel()
	var stopped []string
	making := func(name string, more func(e *environment)) step {
		return step{name, "", true, plain(func(_ context.Context, e *environment) error {
			e.services = append(e.services, name+"=1")
			e.stop = append(e.stop, func() error { stopped = append(stopped, name); return nil })
			more(e)
			return nil
		})}
	}
	e := &environment{services: append(make([]string, 0, 8), "before=1")} // with room that two lanes would write to
	found, done := e.atOnce(t.Context(), [][]step{
		{making("a", func(e *environment) { e.binary = "basalt" })},
		{making("b", func(*environment) {}), making("c", func(*environment) {})},
		{{"not chosen", "", false, plain(func(context.Context, *environment) error { return errors.New("it ran") })}},
	}, []string{"another"})
	if len(found.failures) > 0 || len(done) != 3 || e.binary != "basalt" || !slices.Equal(e.services, []string{"before=1", "a=1", "b=1", "c=1"}) {
		t.Errorf("%v, %v, %q, %v", found, done, e.binary, e.services)
	}
	if err := e.close(); err != nil || !slices.Equal(stopped, []string{"c", "b", "a"}) {
		t.Errorf("stopped are %v, %v", stopped, err)
	}
}
