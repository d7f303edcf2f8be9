//go:build !race

package proptest

// racing says that the race detector watches.
const racing = false
