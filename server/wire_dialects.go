package server

import (
	"github.com/basalt-dev/basalt/server/dialect"
)

// dialects makes the languages that the configuration has besides the native API.
func (r *runtime) dialects() (out []dialect.Dialect) {
	return out
}
