package proc

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU returns the CPU time that processes used so far, or 0 where /proc does not say. It is summed over threads, in
// nanoseconds, because a process as a whole is counted in steps of 10 ms only.
func CPU(pids ...int) (used time.Duration) {
	var files []string
	for _, pid := range pids {
		threads, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/schedstat")
		files = append(files, threads...)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(b), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0
		}
		used += time.Duration(ns)
	}
	return used
}

// Resident returns the resident memory of a process in bytes, or 0 where /proc does not say.
func Resident(pid int) (bytes int64) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kB, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kB << 10
}
