package postgres_test

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

func TestConformance(t *testing.T) {
	server := postgrestest.Database(t) // one server for all
	dbtest.Run(t, func(t testing.TB) db.Driver {
		d, err := postgres.Open(context.Background(), db.Config{URL: postgrestest.In(t, server)})
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}
