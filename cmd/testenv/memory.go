package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// sharedMemory is a file system in memory, where Linux has one, and enoughMemory what has to be free for the databases of
// a run: most of it stays free.
const (
	sharedMemory = "/dev/shm"
	enoughMemory = 6 << 30
)

// databaseFiles returns a directory for the files of the database servers: in memory, where there is much of it. The tests
// make and drop hundreds of databases of 300 files each, and ext4 takes a second for the files of one when many were just removed.
func (e *environment) databaseFiles() string {
	if available() < enoughMemory {
		return e.dir
	}
	dir, err := os.MkdirTemp(sharedMemory, "basalt-testenv-")
	if err != nil { // it may be read only
		return e.dir
	}
	fmt.Println("   the databases are in", dir)
	e.stop = append(e.stop, func() error { return os.RemoveAll(dir) })
	return dir
}

// available returns how many bytes files in shared memory may take: as much as is free there, and in memory.
func available() uint64 {
	var there syscall.Statfs_t
	if err := syscall.Statfs(sharedMemory, &there); err != nil {
		return 0
	}
	memory, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return min(there.Bavail*uint64(there.Bsize), memAvailable(string(memory)))
}

// memAvailable returns what /proc/meminfo says can be taken, in bytes.
func memAvailable(meminfo string) uint64 {
	_, after, _ := strings.Cut(meminfo, "\nMemAvailable:")
	line, _, _ := strings.Cut(after, "\n")
	kB, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(line, "kB")), 10, 64)
	if err != nil {
		return 0
	}
	return kB << 10
}
