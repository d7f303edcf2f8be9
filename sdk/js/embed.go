// Package js holds the JavaScript SDK as it is built and committed, for the server to embed.
//
// The source is in src; `go generate ./sdk/js` builds dist from it, and a test fails when dist is
// stale.
package js

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
)

//go:generate go run ./build

// Module is the SDK as one ES module, served at /v1/sdk.js.
//
//go:embed dist/basalt.js
var Module []byte

// Packages are the packages of the client and of its bindings to frameworks as npm takes them, for `basalt init`.
//
//go:embed package.json dist react/package.json react/dist vue/package.json vue/dist svelte/package.json svelte/dist
var Packages embed.FS

// ETag is the entity tag of Module.
var ETag = func() string {
	sum := sha256.Sum256(Module)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}()
