// Package test tests the Go client against real servers. It is a module of its own: the client requires nothing of
// the server.
package test
