package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/invopop/jsonschema"
)

func TestSchema_IsCommitted(t *testing.T) {
	want, err := generateSchema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, Schema) {
		t.Error("config/schema.json is stale; run: go generate ./config")
	}
}

// generateSchema makes the JSON Schema from the types, and their comments in the source files of
// this directory.
func generateSchema() ([]byte, error) {
	r := &jsonschema.Reflector{RequiredFromJSONSchemaTags: false}
	if err := r.AddGoComments("github.com/basalt-dev/basalt/config", "./"); err != nil {
		return nil, fmt.Errorf("reading the comments: %w", err)
	}
	s := r.Reflect(&Config{})
	s.ID = "https://raw.githubusercontent.com/basalt-dev/basalt/main/config/schema.json"
	s.Title = "Basalt configuration"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(out, '\n'), nil
}

// JSONSchema describes a secret to editors.
func (Secret) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

// JSONSchema describes a duration to editors.
func (Duration) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^(([0-9]+(\.[0-9]+)?(ms|s|m|h))+|[0-9]+d)$`, Examples: []any{"10s", "15m", "720h", "30d"}}
}

// JSONSchema describes a rate to editors.
func (Rate) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]+ */ *([0-9]+(\.[0-9]+)?)?(s|m|h)`, Examples: []any{"5/s", "100/1m"}}
}

// JSONSchema describes a size to editors.
func (Size) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer"}, {Type: "string", Pattern: `^[0-9]+ ?(KiB|MiB|GiB)?$`}}}
}

// JSONSchema describes names to editors.
func (Names) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "array", Items: &jsonschema.Schema{Type: "string"}}}}
}

// JSONSchema describes an expression to editors.
func (Text) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

// JSONSchema describes an action to editors.
func (Action) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Enum: []any{"restrict", "cascade", "null", nil}}
}

// JSONSchema describes a literal to editors.
func (Literal) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
}
