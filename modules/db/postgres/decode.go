package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// decode reads a column of the current row, in the format that pgx has requested.
func decode(into *sqldb.Rows, field int, kind query.Kind, raw []byte, binaryFormat bool) error {
	if raw == nil {
		return nil
	}
	var v query.Value
	var err error
	switch kind {
	case query.KindInt:
		v, err = decodeInt(raw, binaryFormat)
	case query.KindFloat:
		v, err = decodeFloat(raw, binaryFormat)
	case query.KindBool:
		v = query.Bool(raw[0] == 1 || raw[0] == 't')
	case query.KindTime:
		v, err = decodeTime(raw, binaryFormat)
	case query.KindDate:
		if !binaryFormat || len(raw) != 4 {
			return fmt.Errorf("a date came as %q", raw)
		}
		v = dayOf(int32(binary.BigEndian.Uint32(raw)))
	default:
		from := len(into.Text)
		if kind == query.KindJSON {
			if binaryFormat && len(raw) > 0 && raw[0] == 1 { // the version byte of jsonb
				raw = raw[1:]
			}
			into.Text = compact(into.Text, raw)
		} else {
			into.Text = append(into.Text, raw...)
		}
		into.Keep(field, from)
		return nil
	}
	into.Set(field, v)
	return err
}

func decodeInt(raw []byte, binaryFormat bool) (query.Value, error) {
	switch {
	case !binaryFormat:
	case len(raw) == 8:
		return query.Int(int64(binary.BigEndian.Uint64(raw))), nil
	case len(raw) == 4:
		return query.Int(int64(int32(binary.BigEndian.Uint32(raw)))), nil
	case len(raw) == 2:
		return query.Int(int64(int16(binary.BigEndian.Uint16(raw)))), nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return query.Int(n), err
}

func decodeFloat(raw []byte, binaryFormat bool) (query.Value, error) {
	switch {
	case !binaryFormat:
	case len(raw) == 8:
		return query.Double(math.Float64frombits(binary.BigEndian.Uint64(raw))), nil
	case len(raw) == 4:
		return query.Double(float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))), nil
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return query.Double(f), err
}

func decodeTime(raw []byte, binaryFormat bool) (query.Value, error) {
	switch {
	case !binaryFormat:
	case len(raw) == 8:
		return timestamp(int64(binary.BigEndian.Uint64(raw))), nil
	case len(raw) == 4:
		return date(int32(binary.BigEndian.Uint32(raw))), nil
	}
	return query.Null, fmt.Errorf("a time came as %q", raw)
}
