package syntax

// Precedences of operators. Those of comparison are between not and the boolean operators.
const (
	loosest   = 0
	comparing = 20
	negating  = 50
	signing   = 90
)

// precedence returns how strongly an operator binds, and whether it does to the right; -1 for what is none.
func precedence(operator string) (level int, right bool) {
	switch operator {
	case "|":
		return loosest, false
	case "or", "||":
		return 10, false
	case "and", "&&":
		return 15, false
	case "==", "!=", "<", ">", ">=", "<=", "in", "matches", "contains", "startsWith", "endsWith":
		return comparing, false
	case "..":
		return 25, false
	case "+", "-":
		return 30, false
	case "*", "/", "%":
		return 60, false
	case "**", "^":
		return 100, true
	case "??":
		return 500, false
	}
	return -1, false
}

// unaryPrecedence is that of an operator before its operand, -1 for none.
func unaryPrecedence(operator string) int {
	switch operator {
	case "not", "!":
		return negating
	case "-", "+":
		return signing
	}
	return -1
}

// isOrdering reports whether an operator can be chained, as in 1 < a < 3.
func isOrdering(operator string) bool {
	return operator == "<" || operator == ">" || operator == "<=" || operator == ">="
}

// isNegatable reports whether not can stand before an operator, as in a not in b.
func isNegatable(operator string) bool {
	switch operator {
	case "in", "contains", "matches", "startsWith", "endsWith":
		return true
	}
	return false
}
