package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

// BenchmarkMillion lists rows of a table that was there before, beside pgx. BASALT_ROWS=1000000 makes it that large.
func BenchmarkMillion(b *testing.B) {
	ctx := context.Background()
	server := postgrestest.Database(b)
	d, c, conn := adopted(b, server, fmt.Sprintf(`CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('open', 'closed', 'rare');
		CREATE TABLE ev (id uuid PRIMARY KEY, at timestamptz NOT NULL, owner uuid NOT NULL, state mood NOT NULL, email citext NOT NULL, price numeric(12,2) NOT NULL);
		INSERT INTO ev SELECT md5(n::text)::uuid, '2026-01-01'::timestamptz + n * interval '1 s', ('00000000-0000-4000-8000-' || lpad((n %% 1000)::text, 12, '0'))::uuid,
			CASE WHEN n %% 100000 = 0 THEN 'rare' WHEN n %% 2 = 0 THEN 'open' ELSE 'closed' END::mood, 'User' || n || '@example.org', n / 100.0 FROM generate_series(1, %d) n;
		CREATE INDEX ON ev (at); CREATE INDEX ON ev (owner, at); CREATE INDEX ON ev (state); CREATE UNIQUE INDEX ON ev (email); CREATE INDEX ON ev (price);`, dbtest.MillionRows()), "ev", dbtest.Million...)
	if _, err := conn.Exec(ctx, "VACUUM ANALYZE ev"); err != nil {
		b.Fatal(err)
	}
	dbtest.BenchmarkMillion(b, d, c, func(statement string) (n int, err error) {
		rows, err := conn.Query(ctx, statement)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			var id, owner [16]byte
			var at time.Time
			var state, email, price string
			if err := rows.Scan(&id, &at, &owner, &state, &email, &price); err != nil {
				return n, err
			}
			n++
		}
		return n, rows.Err()
	})
}
