// Package album holds the album example and its test in a browser.
package album
