package worker

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// limitMemory has the kernel bound the memory of the process: private memory that can be written (RLIMIT_DATA). The address space
// (RLIMIT_AS) is no measure, because Go reserves much more of it than it uses. The race detector of tests maps memory of its own, which
// would count: there, only the look at the heap is left.
func limitMemory(bytes uint64) error {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) // an error leaves what is the user's own setting
	if raced() {
		return nil
	}
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: bytes, Max: bytes})
}

// raced reports whether the program was built with the race detector.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
