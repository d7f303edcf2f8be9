package mysql

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// decode reads a column of the current row, which the server has sent as text. It reports false for a value that no
// field can have, such as a date of zeros.
func decode(into *sqldb.Rows, field int, kind query.Kind, raw []byte) (shown bool, err error) {
	if raw == nil {
		return true, nil
	}
	switch kind {
	case query.KindInt:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return false, nil // an unsigned one
		}
		into.Set(field, query.Int(n))
	case query.KindFloat:
		f, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return false, fmt.Errorf("a number came as %q", raw)
		}
		into.Set(field, query.Double(f))
	case query.KindBool:
		into.Set(field, query.Bool(!bytes.Equal(raw, []byte("0"))))
	case query.KindTime:
		t, ok := instant(string(raw))
		if !ok {
			return false, nil
		}
		into.Set(field, t)
	case query.KindDate:
		day, ok := query.ParseDate(string(raw))
		if !ok {
			return false, nil
		}
		into.Set(field, day)
	case query.KindDecimal:
		v, ok := query.StoredDecimal(string(raw))
		if !ok {
			return false, fmt.Errorf("a decimal came as %q", raw)
		}
		into.Set(field, v)
	default:
		from := len(into.Text)
		if kind == query.KindJSON {
			into.Text = sqldb.AppendCompact(into.Text, raw)
		} else {
			into.Text = append(into.Text, raw...)
		}
		into.Keep(field, from)
	}
	return true, nil
}

// instant reads a time.
func instant(text string) (query.Value, bool) {
	layout := "2006-01-02 15:04:05"
	if len(text) == len("2006-01-02") {
		layout = "2006-01-02"
	}
	t, err := time.Parse(layout, text) // which takes a fraction
	return query.Time(t), err == nil
}
