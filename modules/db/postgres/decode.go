package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/basalt-dev/basalt/modules/query"
)

// decoder turns the rows of a statement into values. The strings of all rows share one allocation.
type decoder struct {
	text  []byte
	spans []span
}

type span struct{ value, from, to int }

// value decodes a column in the format that pgx requested. A string is recorded for value number at.
func (d *decoder) value(kind query.Kind, raw []byte, binaryFormat bool, at int) (query.Value, error) {
	if raw == nil {
		return query.Null, nil
	}
	switch kind {
	case query.KindInt:
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
	case query.KindFloat:
		switch {
		case !binaryFormat:
		case len(raw) == 8:
			return query.Double(math.Float64frombits(binary.BigEndian.Uint64(raw))), nil
		case len(raw) == 4:
			return query.Double(float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))), nil
		}
		f, err := strconv.ParseFloat(string(raw), 64)
		return query.Double(f), err
	case query.KindBool:
		return query.Bool(raw[0] == 1 || raw[0] == 't'), nil
	case query.KindTime:
		switch {
		case !binaryFormat:
		case len(raw) == 8:
			return timestamp(int64(binary.BigEndian.Uint64(raw))), nil
		case len(raw) == 4:
			return date(int32(binary.BigEndian.Uint32(raw))), nil
		}
		return query.Null, fmt.Errorf("a time came as %q", raw)
	}
	from := len(d.text)
	if kind == query.KindJSON {
		if binaryFormat && len(raw) > 0 && raw[0] == 1 { // the version byte of jsonb
			raw = raw[1:]
		}
		d.text = compact(d.text, raw)
	} else {
		d.text = append(d.text, raw...)
	}
	d.spans = append(d.spans, span{at, from, len(d.text)})
	return query.Null, nil
}

func finish(kind query.Kind, text string) query.Value {
	switch kind {
	case query.KindJSON:
		return query.RawJSON(text)
	case query.KindBytes:
		return query.Bytes(text)
	}
	return query.String(text)
}
