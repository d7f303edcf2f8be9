package postgres

import (
	"bytes"
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
	case query.KindDecimal:
		from := len(into.Text)
		if !binaryFormat {
			return fmt.Errorf("a numeric came as %q", raw)
		}
		if into.Text, err = appendNumeric(into.Text, raw); err == nil {
			into.Keep(field, from)
		}
		return err
	default:
		from := len(into.Text)
		if kind == query.KindJSON {
			if binaryFormat && len(raw) > 0 && raw[0] == 1 { // the version byte of jsonb
				raw = raw[1:]
			}
			into.Text = sqldb.AppendCompact(into.Text, raw)
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

// appendNumeric appends a numeric in the canonical text of a decimal. PostgreSQL sends how many digits of base 10,000
// there are, the power of the first, a sign, and how many decimal digits to show.
func appendNumeric(dst, raw []byte) ([]byte, error) {
	const base, negative, nan, positiveInfinity, negativeInfinity = 4, 0x4000, 0xc000, 0xd000, 0xf000
	if len(raw) < 8 || len(raw) < 8+2*int(binary.BigEndian.Uint16(raw)) {
		return dst, fmt.Errorf("a numeric came as %x", raw)
	}
	n, weight := int(binary.BigEndian.Uint16(raw)), int(int16(binary.BigEndian.Uint16(raw[2:])))
	switch sign := binary.BigEndian.Uint16(raw[4:]); {
	case sign == nan:
		return append(dst, "NaN"...), nil
	case sign == positiveInfinity:
		return append(dst, "Infinity"...), nil
	case sign == negativeInfinity:
		return append(dst, "-Infinity"...), nil
	case n == 0:
		return append(dst, '0'), nil
	case sign == negative:
		dst = append(dst, '-')
	}
	digit := func(i int) uint16 { // of the power weight - i
		if i < 0 || i >= n {
			return 0
		}
		return binary.BigEndian.Uint16(raw[8+2*i:])
	}
	four := func(v uint16) []byte {
		return []byte{byte('0' + v/1000), byte('0' + v/100%10), byte('0' + v/10%10), byte('0' + v%10)}
	}
	whole := len(dst)
	for i := range max(weight+1, 0) {
		dst = append(dst, four(digit(i))...)
	}
	rest := bytes.TrimLeft(dst[whole:], "0")
	dst = append(dst[:whole], rest...)
	if len(rest) == 0 {
		dst = append(dst, '0')
	}
	point := len(dst)
	dst = append(dst, '.')
	for i := weight + 1; i < n; i++ {
		dst = append(dst, four(digit(i))...)
	}
	dst = bytes.TrimRight(dst, "0")
	if len(dst) == point+1 {
		dst = dst[:point]
	}
	return dst, nil
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
