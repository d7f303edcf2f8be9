//go:build !unix

package server

// gone is not known on this system: a request ends at its time limit.
func (c *conn) gone() bool { return false }
