package cluster

import "syscall"

// attributes put a process into its own group, so that Ctrl-C reaches only who started it, and let it die with that one.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
