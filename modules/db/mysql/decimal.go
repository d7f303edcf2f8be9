package mysql

import "strings"

// An own column of decimals has 65 digits, 30 of them after the point.
const (
	wholeDigits    = 35
	fractionDigits = 30
)

// digits splits the canonical text of a decimal.
func digits(text string) (negative bool, whole, fraction string) {
	text, negative = strings.CutPrefix(text, "-")
	whole, fraction, _ = strings.Cut(text, ".")
	return negative, whole, fraction
}

// beyondDecimal returns 1 if a decimal is above all that a column can have, -1 if it is below them, and 0 otherwise.
func beyondDecimal(text string) int {
	switch text {
	case "NaN", "Infinity":
		return 1
	case "-Infinity":
		return -1
	}
	negative, whole, _ := digits(text)
	switch {
	case len(whole) <= wholeDigits:
		return 0
	case negative:
		return -1
	}
	return 1
}

// decimalBound returns the largest decimal with the digits of a column that is not above one, and whether it equals it.
func decimalBound(text string) (bound string, exact bool) {
	negative, whole, fraction := digits(text)
	if len(fraction) <= fractionDigits {
		return text, true
	}
	if cut := whole + "." + fraction[:fractionDigits]; !negative {
		return cut, false
	} else {
		return "-" + away(cut), false
	}
}

// away adds one to the last digit of a positive decimal.
func away(text string) string {
	out := []byte(text)
	for i := len(out) - 1; i >= 0; i-- {
		switch {
		case out[i] == '.':
		case out[i] == '9':
			out[i] = '0'
		default:
			out[i]++
			return string(out)
		}
	}
	return "1" + string(out)
}

// exact reports whether a column can have all the digits of a decimal after the point.
func exact(text string) bool {
	_, exact := decimalBound(text)
	return exact
}
