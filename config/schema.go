package config

import _ "embed" // the committed schema

//go:generate go test -run "TestSchema_IsCommitted" -update .
//go:generate go test -run "TestReference_IsCommitted" -update .

// Schema is the JSON Schema of the file, for editors, as it is committed.
//
//go:embed schema.json
var Schema []byte
