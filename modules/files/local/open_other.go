//go:build !linux

package local

import "os"

// open opens a file to be read.
func (s *Storage) open(key string) (*os.File, error) { return s.root.Open(key) }
