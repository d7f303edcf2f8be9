// Package todo holds the todo example and its test in a browser.
package todo
