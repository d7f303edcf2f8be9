package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/rules/ruletest"
)

const (
	// testsFile is what is run without a text, from beside the configuration file.
	testsFile = "rules.test.yaml"
	// largestTests is how large that file may be, in bytes.
	largestTests = 1 << 20
)

// ruleTester runs tests of rules as `basalt rules test` does, one call at a time.
type ruleTester struct {
	config *config.Config
	open   func(context.Context, *config.Config) (ruletest.Backend, error)
	turn   chan struct{} // has one while tests run
}

// failedTest is a test that has not come out as it says.
type failedTest struct {
	Name    string `json:"name"`
	Failure string `json:"failure"`
}

// coveredCondition says whether the tests have found a condition of a rule true and false.
type coveredCondition struct {
	Collection string   `json:"collection"`
	Op         rules.Op `json:"op"`
	Source     string   `json:"source"`
	True       bool     `json:"true"`
	False      bool     `json:"false"`
}

// test is POST /v1/admin/rules/test.
func (x *ruleTester) test(r *request) ([]byte, error) {
	f, err := r.fields()
	if err != nil {
		return nil, err
	}
	with, err := x.candidate(f)
	if err != nil {
		return nil, err
	}
	text := []byte(f["text"])
	if len(text) == 0 {
		if text, err = x.file(); err != nil {
			return nil, err
		}
	}
	select {
	case x.turn <- struct{}{}:
		defer func() { <-x.turn }()
	case <-r.context.Done():
		return nil, r.context.Err()
	}
	backend, err := x.open(r.context, with)
	if err != nil {
		return nil, err
	}
	report, err := ruletest.RunText(r.context, testsFile, text, backend)
	if err = errors.Join(err, backend.Close()); r.context.Err() != nil {
		return nil, r.context.Err()
	} else if err != nil {
		return nil, fault.FieldErrorf("text", "invalid", "%s", err)
	}
	return json.Marshal(testedOf(report))
}

// candidate is the configuration that runs, with one rule in the place of another where a call says so.
func (x *ruleTester) candidate(f map[string]string) (*config.Config, error) {
	if f["collection"] == "" && f["op"] == "" && f["rule"] == "" {
		return x.config, nil
	}
	collection, op := x.config.Collections[f["collection"]], rules.Op(f["op"])
	switch {
	case collection == nil:
		return nil, fault.FieldErrorf("collection", "unknown", "there is no collection %q", f["collection"])
	case !slices.Contains(rules.Ops, op):
		return nil, fault.FieldErrorf("op", "enum", "op is read, create, update or delete")
	}
	other, all := *collection, *x.config
	other.Compiled, all.Collections = maps.Clone(collection.Compiled), maps.Clone(x.config.Collections)
	all.Collections[collection.Name] = &other
	if delete(other.Compiled, op); f["rule"] == "" {
		return &all, nil
	}
	rule, err := x.config.CheckRule(collection, op, f["rule"])
	var wrong *rules.Error
	if errors.As(err, &wrong) {
		return nil, fault.FieldErrorf("rule", "invalid", "%s", problemAt(f["rule"], wrong))
	} else if err != nil {
		return nil, err
	}
	other.Compiled[op] = rule
	return &all, nil
}

func (x *ruleTester) file() ([]byte, error) {
	in, err := os.Open(filepath.Join(x.config.Dir, testsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.Errorf(fault.NotFound, "there is no %s beside the configuration file; send the tests as text", testsFile)
	} else if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(in, largestTests+1))
	if err = errors.Join(err, in.Close()); err == nil && len(text) > largestTests {
		err = fault.Errorf(fault.TooLarge, "%s is larger than 1 MiB; run: basalt rules test", testsFile)
	}
	return text, err
}

func testedOf(report *ruletest.Report) any {
	out := struct {
		Passed     int                `json:"passed"`
		Failed     []failedTest       `json:"failed"`
		Attacks    int                `json:"attacks"`
		Conditions []coveredCondition `json:"conditions"`
	}{Failed: []failedTest{}, Attacks: report.Attacks, Conditions: []coveredCondition{}}
	for _, one := range report.Results {
		if one.Failure == "" {
			out.Passed++
			continue
		}
		out.Failed = append(out.Failed, failedTest{one.Name, one.Failure})
	}
	for _, c := range report.Conditions {
		out.Conditions = append(out.Conditions, coveredCondition(c))
	}
	return out
}

func testedSchema() object {
	return fields(object{
		"passed": whole(), "failed": arrayOf(shape("name", "failure")), "attacks": whole(),
		"conditions": arrayOf(fields(with(strs("collection", "op", "source"), "true", flag(), "false", flag()))),
	})
}
