package js

import (
	"bytes"
	"testing"

	"github.com/basalt-dev/basalt/sdk/js/build/bundle"
)

func TestModule_IsBuiltFromTheSources(t *testing.T) {
	want, err := bundle.Bundle(".")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, Module) {
		t.Error("sdk/js/dist/basalt.js is stale; run: go generate ./sdk/js")
	}
}
