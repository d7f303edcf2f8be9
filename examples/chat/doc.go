// Package chat holds the chat example and its test in two browsers.
package chat
