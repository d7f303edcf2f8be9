package mysql_test

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/mysql"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
)

func TestConformance(t *testing.T) {
	server := mysqltest.Database(t) // one server for all
	dbtest.Run(t, func(t testing.TB) db.Driver {
		d, err := mysql.Open(context.Background(), db.Config{URL: mysqltest.In(t, server)})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}, dbtest.Exceptions{
		Infinite: "the databases have no infinite floats",
		Far:      "the databases have the years 0 to 9999",
		Digits:   "a decimal has 35 digits before the point and 30 after it",
	})
}
