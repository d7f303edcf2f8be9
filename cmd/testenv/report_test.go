package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const goOutput = `{"Action":"start","Package":"github.com/basalt-dev/basalt/rules"}
{"Action":"output","Package":"github.com/basalt-dev/basalt/rules","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"github.com/basalt-dev/basalt/rules","Test":"TestA/one_(x)","Output":"    a_test.go:3: wrong\n"}
{"Action":"fail","Package":"github.com/basalt-dev/basalt/rules","Test":"TestA/one_(x)","Elapsed":0}
{"Action":"fail","Package":"github.com/basalt-dev/basalt/rules","Test":"TestA","Elapsed":0}
{"Action":"pass","Package":"github.com/basalt-dev/basalt/rules","Test":"TestB","Elapsed":0}
{"Action":"skip","Package":"github.com/basalt-dev/basalt/rules","Test":"TestC","Elapsed":0}
{"Action":"fail","Package":"github.com/basalt-dev/basalt/rules","Elapsed":0.1}
{"ImportPath":"github.com/basalt-dev/basalt/config [github.com/basalt-dev/basalt/config.test]","Action":"build-output","Output":"config/x.go:1:1: undefined: y\n"}
{"ImportPath":"github.com/basalt-dev/basalt/config [github.com/basalt-dev/basalt/config.test]","Action":"build-fail"}
{"Action":"fail","Package":"github.com/basalt-dev/basalt/config","Elapsed":0,"FailedBuild":"github.com/basalt-dev/basalt/config [github.com/basalt-dev/basalt/config.test]"}
`

func TestGoTests_NameTheInnermostFailure(t *testing.T) {
	g := newGoTests("", []string{"-race", "-count=1", "./..."})
	if err := g.read(strings.NewReader(goOutput)); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	g.result().print(&b, []outcome{{"go", "FAILED", 2 * time.Second, 3 * time.Second}}, "/tmp/logs")
	for _, want := range []string{
		"FAILED 1 of 2: ./rules TestA/one_(x)\n        a_test.go:3: wrong\n",
		`run it alone: go test -race -count=1 -run '^TestA$/^one_\(x\)$' ./rules`,
		"FAILED 2 of 2: ./config\n    config/x.go:1:1: undefined: y\n",
		"go              FAILED      2.0 s,    3.0 s of CPU\n",
		"\n1 passed, 2 failed, 1 skipped\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "./rules TestA\n") {
		t.Errorf("the summary names a test that failed only with its subtest:\n%s", b.String())
	}
}

func TestGoTests_SayHowToRunATestOfAnotherModule(t *testing.T) {
	const output = `{"Action":"fail","Package":"github.com/basalt-dev/basalt/examples/chat","Test":"TestA","Elapsed":0}
{"Action":"fail","Package":"github.com/basalt-dev/basalt/examples/chat/rooms","Test":"TestB","Elapsed":0}
`
	g := newGoTests("examples/chat", []string{"-race", "-count=1", "./..."})
	if err := g.read(strings.NewReader(output)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range g.result().failures {
		got = append(got, f.name+": "+f.again)
	}
	want := []string{
		"./examples/chat TestA: go -C examples/chat test -race -count=1 -run '^TestA$' .",
		"./examples/chat/rooms TestB: go -C examples/chat test -race -count=1 -run '^TestB$' ./rooms",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

const nodeOutput = `TAP version 13
# Subtest: signs in
    # Subtest: with a password
    not ok 1 - with a password
      ---
      failureType: 'testCodeFailure'
      error: 'no'
      ...
    1..1
not ok 1 - signs in
  ---
  failureType: 'subtestsFailed'
  ...
ok 2 - signs out
# pass 5
# fail 1
# skipped 2
`

func TestNodeTests_NameTheInnermostFailure(t *testing.T) {
	r := nodeTests(nodeOutput)
	if r.passed != 5 || r.skipped != 2 || len(r.failures) != 1 || r.failures[0].name != "sdk/js with a password" {
		t.Errorf("got %+v", r)
	}
	if want := "error: 'no'"; !strings.Contains(strings.Join(r.failures[0].output, "\n"), want) {
		t.Errorf("the output lacks %q: %v", want, r.failures[0].output)
	}
}
