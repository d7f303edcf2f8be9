package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// The numbers of errors (MySQL 8.0 Error Reference; MariaDB Error Codes) that mean the same to a client.
var (
	lostConflict   = []uint16{1213, 1020}                                                             // deadlock; the record has changed since it was read
	wrongValues    = []uint16{1264, 1265, 1292, 1366, 1367, 1406, 1411, 1690, 3140, 3141, 3144, 3156} // what a column cannot hold
	refusedByCheck = []uint16{4025, 3819}
	missingRights  = []uint16{1044, 1142, 1143, 1227, 1370}
	readOnlyTables = []uint16{1036, 1288, 1471, 1348, 1394, 1395}
	interrupted    = []uint16{1317, 1969, 3024, 1028}
	later          = []uint16{1205, 1040, 1041, 1053, 1021, 1037, 1038, 1114, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1290, 1836, 1927, 3168, 4031, 1412, 1615}
)

// conflicting reports whether a transaction has lost a conflict and may be retried.
func conflicting(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && slices.Contains(lostConflict, e.Number)
}

// clientError sets the client's error code, if the client can cause the error. The collection may be nil.
func (d *Driver) clientError(ctx context.Context, c *db.Collection, err error) error {
	if db.Translated(err) {
		return err
	}
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return d.serverError(ctx, c, e, err)
	}
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return db.Timeout()
	case errors.Is(err, mysql.ErrPktTooLarge):
		return tooLarge()
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, mysql.ErrMalformPkt), strings.Contains(err.Error(), "database is closed"):
		return db.Unavailable(err)
	}
	return err
}

func tooLarge() error {
	return fault.Errorf(fault.TooLarge, "the document is larger than the database takes at once (max_allowed_packet)")
}

func (d *Driver) serverError(ctx context.Context, c *db.Collection, e *mysql.MySQLError, err error) error {
	has := func(numbers []uint16) bool { return slices.Contains(numbers, e.Number) }
	switch {
	case e.Number == 1062, e.Number == 1586: // duplicate entry
		return db.Conflict(d.keyColumns(c, e.Message)...)
	case e.Number == 1048, e.Number == 1364: // no null; no default
		return fault.FieldErrorf(inQuotes(e.Message), "required", "this field needs a value")
	case e.Number == 1216, e.Number == 1217, e.Number == 1451, e.Number == 1452: // foreign keys
		return fault.FieldErrorf(foreignKey(e.Message), "reference", "what this points to does not exist, or something still points here")
	case e.Number == 1906, e.Number == 3105: // generated columns
		return fault.FieldErrorf(inQuotes(e.Message), "readonly", "the database makes this value; leave it out")
	case e.Number == 1644: // SIGNAL: a rule of the database's own, in the words of its author
		return fault.Errorf(fault.Invalid, "%s", e.Message)
	case e.Number == 1153:
		return tooLarge()
	case has(refusedByCheck):
		return fault.Errorf(fault.Invalid, "the database does not allow these values together")
	case has(wrongValues):
		return fault.Errorf(fault.Invalid, "a value does not fit its column in the database")
	case has(missingRights):
		return errors.Join(fault.Errorf(fault.Forbidden, "the database does not allow this"), fault.Logged{Reason: err})
	case has(readOnlyTables):
		return fault.Errorf(fault.Forbidden, "this collection can only be read")
	case has(interrupted):
		return db.Timeout()
	case has(lostConflict), has(later):
		return db.Unavailable(err)
	}
	return db.ContextError(ctx, err)
}

// keyColumns returns the columns of the index in `Duplicate entry 'value' for key 'index'`. The value may be
// confidential, and MySQL puts the table before the name of the index.
func (d *Driver) keyColumns(c *db.Collection, message string) []string {
	const before = " for key '"
	at := strings.LastIndex(message, before)
	if c == nil || at < 0 {
		return nil
	}
	name := strings.TrimSuffix(message[at+len(before):], "'")
	if _, ok := strings.CutSuffix(name, "PRIMARY"); ok {
		var key []string
		for _, i := range c.KeyFields() {
			key = append(key, c.Columns[i].Name)
		}
		return key
	}
	t := d.table(c)
	if t == nil {
		return nil
	}
	x, ok := t.indexes[name]
	if !ok {
		x = t.indexes[strings.TrimPrefix(name, c.Table+".")]
	}
	var columns []string
	for _, column := range x.columns {
		if i := fieldOf(c, column); i >= 0 {
			columns = append(columns, c.Columns[i].Name)
		} else if !internal(column) {
			columns = append(columns, column)
		}
	}
	return columns
}

// fieldOf returns the position of the field with a column, whose name is in lower case; -1 if there is none.
func fieldOf(c *db.Collection, column string) int {
	return slices.IndexFunc(c.Columns, func(has db.Column) bool { return strings.EqualFold(has.Name, column) })
}

// inQuotes returns what a message has between its first quotes.
func inQuotes(message string) string {
	_, rest, _ := strings.Cut(message, "'")
	name, _, _ := strings.Cut(rest, "'")
	return name
}

// foreignKey returns the column in `… FOREIGN KEY (`column`) REFERENCES …`.
func foreignKey(message string) string {
	_, rest, _ := strings.Cut(message, "FOREIGN KEY (`")
	name, _, _ := strings.Cut(rest, "`")
	return name
}
