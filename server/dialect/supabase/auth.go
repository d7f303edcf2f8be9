package supabase

import "github.com/basalt-dev/basalt/server/dialect"

func (d *Dialect) authRoutes() []dialect.Route { return nil }
