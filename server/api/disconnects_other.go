//go:build !unix

package api

// gone is not known on this system: a request ends at its time limit.
func (c *conn) gone() bool { return false }
