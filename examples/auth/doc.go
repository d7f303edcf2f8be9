// Package auth is a page with every way to sign in.
package auth
