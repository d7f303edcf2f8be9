package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/basalt-dev/basalt/modules/query"
)

// flavor is what MariaDB and MySQL do differently. Nothing else asks which of them the server is.
type flavor struct {
	mariadb bool
	version string
	// collation compares strings by their bytes, and does not ignore spaces at the end.
	collation string
	// returning is true if an INSERT returns what it has stored.
	returning bool
	// unread is true if an UPDATE or DELETE cannot read its own table in a lookup.
	unread bool
	// position is the statement that returns where the binary log ends. That of MariaDB is where what others can see ends.
	position string
	// packet is the largest statement in bytes.
	packet int
	// shortest is the length of the shortest word in a full-text index.
	shortest int
}

// sqlMode are the checks of values. Zero is a number that an AUTO_INCREMENT column stores.
const sqlMode = "'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'"

// detect asks the server what it is.
func detect(ctx context.Context, s *settings) (*flavor, error) {
	plain := s.client.Clone()
	client, err := mysql.NewConnector(plain)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(client)
	defer pool.Close()
	f := &flavor{}
	if err := pool.QueryRowContext(ctx, "SELECT VERSION(), @@max_allowed_packet, @@innodb_ft_min_token_size").Scan(&f.version, &f.packet, &f.shortest); err != nil {
		return nil, err
	}
	f.mariadb = strings.Contains(strings.ToLower(f.version), "mariadb")
	if f.mariadb {
		if before(f.version, 10, 6) {
			return nil, fmt.Errorf("the server is MariaDB %s; Basalt needs 10.6 or later", f.version)
		}
		f.collation, f.returning, f.position = "utf8mb4_nopad_bin", true, "SHOW STATUS LIKE 'binlog_snapshot_%'"
		return f, nil
	}
	if before(f.version, 8, 0) {
		return nil, fmt.Errorf("the server is MySQL %s; Basalt needs 8.0.23 or later", f.version)
	}
	f.collation, f.unread, f.position = "utf8mb4_0900_bin", true, "SHOW MASTER STATUS"
	if !before(f.version, 8, 2) {
		f.position = "SHOW BINARY LOG STATUS"
	}
	return f, nil
}

// before reports whether a version such as 10.11.2-MariaDB is before another one.
func before(version string, major, minor int) bool {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, err := strconv.Atoi(first)
	if err != nil {
		return false
	}
	b, err := strconv.Atoi(second)
	return a < major || a == major && err == nil && b < minor
}

// setUp are the statements that begin a connection.
func (f *flavor) setUp() []string {
	return []string{
		"SET NAMES utf8mb4 COLLATE utf8mb4_bin", // as what the functions of JSON return
		"SET time_zone = '+00:00', sql_mode = " + sqlMode + ", div_precision_increment = 30, innodb_ft_enable_stopword = OFF",
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	}
}

// library is how the library that reads the binary log calls the server.
func (f *flavor) library() string {
	if f.mariadb {
		return "mariadb"
	}
	return "mysql"
}

// cannotWatch is the condition for that the binary log does not have what is needed, in the words of an administrator.
func (f *flavor) cannotWatch() string {
	if f.mariadb {
		return "CASE WHEN NOT @@log_bin THEN 'log_bin is off' WHEN @@binlog_format <> 'ROW' THEN concat('binlog_format is ', @@binlog_format) ELSE '' END"
	}
	return "CASE WHEN NOT @@log_bin THEN 'log_bin is off' WHEN @@binlog_format <> 'ROW' THEN concat('binlog_format is ', @@binlog_format) WHEN @@gtid_mode <> 'ON' THEN concat('gtid_mode is ', @@gtid_mode) ELSE '' END"
}

// locksFirst reports whether the rows of a change have to be found by a statement of its own.
func (f *flavor) locksFirst(where query.Filter) bool {
	if !f.unread {
		return false
	}
	found := false
	query.Leaves(where, func(leaf query.Filter) {
		if _, ok := leaf.(*query.Exists); ok {
			found = true
		}
	})
	return found
}
