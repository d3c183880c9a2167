//go:build !linux

package cluster

import "syscall"

// attributes has nothing to set where a process cannot be bound to the life of the one that started it.
func attributes() *syscall.SysProcAttr { return nil }
