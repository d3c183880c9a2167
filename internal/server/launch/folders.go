package launch

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// singleton is the link that a browser of the Chromium family keeps in its profile while it runs. It leads to HOST-PID.
const singleton = "SingletonLock"

// folder makes a folder for what a run needs while it lasts, which is for a browser or a command. Its name has the host and the process
// that it belongs to: what a run that was killed has left is removed first.
func folder(what string) (string, error) {
	host := hostname()
	removeLeft(os.TempDir(), what, host)
	return os.MkdirTemp("", prefix(what)+host+"-"+strconv.Itoa(os.Getpid())+"-*")
}

func prefix(what string) string { return "tetherscope-" + what + "-" }

// hostname tells apart containers that share a folder for temporary files: process IDs of one mean nothing in another.
func hostname() string {
	host, err := os.Hostname()
	if err != nil || strings.ContainsAny(host, `/\*`) {
		return "unknown"
	}
	return host
}

// removeLeft removes the folders in dir whose process on this host is gone, and whose browser is. What cannot be removed stays.
func removeLeft(dir, what, host string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() && gone(owner(e.Name(), what, host)) && !inUse(path, host) {
			_ = os.RemoveAll(path)
		}
	}
}

// owner returns the process ID in the name of a folder of this host; "" for another folder. A host's name may have hyphens.
func owner(name, what, host string) string {
	rest := name[:max(0, strings.LastIndexByte(name, '-'))]
	begin, pid := rest[:strings.LastIndexByte(rest, '-')+1], rest[strings.LastIndexByte(rest, '-')+1:]
	if begin != prefix(what)+host+"-" {
		return ""
	}
	return pid
}

// gone reports whether a text is the ID of a process that does not run.
func gone(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && n > 0 && !alive(n)
}

// inUse reports whether a browser still runs with a profile: the end of our program does not end it.
func inUse(profile, host string) bool {
	to, err := os.Readlink(filepath.Join(profile, singleton))
	if err != nil {
		return false
	}
	pid, ours := strings.CutPrefix(to, host+"-")
	return !ours || !gone(pid)
}
