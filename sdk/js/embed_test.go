package js

import (
	"bytes"
	"os"
	"testing"

	"github.com/basalt-dev/basalt/sdk/js/build/bundle"
)

func TestModules_AreBuiltFromTheSources(t *testing.T) {
	t.Parallel()
	for _, m := range bundle.Modules {
		t.Run(m.File, func(t *testing.T) {
			t.Parallel()
			want, err := bundle.Bundle(".", m)
			if err != nil {
				t.Fatal(err)
			}
			committed, err := os.ReadFile(m.File)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, committed) {
				t.Errorf("sdk/js/%s is stale; run: cd sdk/js && npm run build", m.File)
			}
		})
	}
}
