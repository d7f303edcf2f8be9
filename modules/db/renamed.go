package db

import "fmt"

// Renamed is why a missing column is not simply added: another one of its type has data, and has just lost its
// field.
func Renamed(c *Collection, field int, old string) string {
	name := c.Shape.Fields[field].Name
	return fmt.Sprintf("the field %s has no column, and the column %q, which has data of the same type, has no field any more. If it is the same field under another name, write `was: %s` at %s, which keeps its data. If it is a new one, the step is right as it is, and the column %q stays with its data", name, old, old, name, old)
}
