//go:build unix && !linux

package api

// hungUp is not known here without reading: the request ends at its time limit.
func hungUp(int) bool { return false }
