package mysql_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/mysql"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
)

// BenchmarkMillion lists rows of a table that was there before, beside database/sql. BASALT_ROWS=1000000 makes it that large.
func BenchmarkMillion(b *testing.B) {
	server := mysqltest.Database(b)
	d, c, conn := adopted(b, server, `CREATE TABLE ev (id char(36) CHARACTER SET ascii PRIMARY KEY, at datetime(6) NOT NULL, owner char(36) CHARACTER SET ascii NOT NULL, state enum('open', 'closed', 'rare') NOT NULL,
		email varchar(100) NOT NULL, price decimal(12,2) NOT NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`, "ev", dbtest.Million...)
	for from := 0; from < dbtest.MillionRows(); from += 50_000 {
		_, err := conn.Exec(fmt.Sprintf(`INSERT INTO ev WITH digits AS (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9),
			numbers AS (SELECT %d + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 1 AS n FROM digits a, digits b, digits c, digits e, digits f WHERE f.d < 5)
			SELECT insert(insert(insert(insert(md5(n), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'), '2026-01-01' + INTERVAL n SECOND, concat('00000000-0000-4000-8000-', lpad(n %% 1000, 12, '0')),
				CASE WHEN n %% 100000 = 0 THEN 'rare' WHEN n %% 2 = 0 THEN 'open' ELSE 'closed' END, concat('user', n, '@example.org'), n / 100 FROM numbers`, from))
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := conn.Exec("CREATE INDEX by_at ON ev (at)"); err != nil {
		b.Fatal(err)
	}
	for _, statement := range []string{"CREATE INDEX by_owner ON ev (owner, at)", "CREATE INDEX by_state ON ev (state)", "CREATE UNIQUE INDEX by_email ON ev (email)", "CREATE INDEX by_price ON ev (price)", "ANALYZE TABLE ev"} {
		if _, err := conn.Exec(statement); err != nil {
			b.Fatal(err)
		}
	}
	dbtest.BenchmarkMillion(b, d, c, func(statement string) (n int, err error) {
		rows, err := conn.Query(statement)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			var id, at, owner, state, email, price string
			if err := rows.Scan(&id, &at, &owner, &state, &email, &price); err != nil {
				return n, err
			}
			n++
		}
		return n, rows.Err()
	})
}

func BenchmarkPages(b *testing.B) {
	url := mysqltest.Database(b)
	d, err := mysql.Open(context.Background(), db.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close() // the benchmark is over
	dbtest.BenchmarkPages(b, d, func() {
		conn, err := mysqltest.Connect(url)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Exec("ANALYZE TABLE paged"); err != nil {
			b.Fatal(err)
		}
	})
}
