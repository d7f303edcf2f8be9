// Package browsertest drives headless Chromium for the tests of the examples, which are built with the tag
// browser.
package browsertest
