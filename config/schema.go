package config

import (
	_ "embed" // the committed schema
	"encoding/json"
	"fmt"

	"github.com/invopop/jsonschema"
)

//go:generate go test -run TestSchema_IsCommitted -update .

// Schema is the JSON Schema of the file, for editors, as it is committed.
//
//go:embed schema.json
var Schema []byte

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
