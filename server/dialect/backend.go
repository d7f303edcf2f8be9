package dialect

import (
	"log/slog"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// Backend is what a dialect serves with: the modules of one configuration.
type Backend struct {
	// Config has the collections with their fields, and what can be called.
	Config *config.Config
	Crud   *crud.Service
	Auth   *auth.Service // nil without the section auth
	Hub    *realtime.Hub
	Files  *files.Service
	Log    *slog.Logger
	Now    func() time.Time
	// Called counts a call, such as a tool or a kind of operation, with the code of its error, ok without one.
	Called func(dialect, call, code string)
}
