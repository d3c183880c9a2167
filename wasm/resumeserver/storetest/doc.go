//go:build !js

// Package storetest tests implementations of resumeserver.Store: that a session is taken by one node at a time, and that a
// conversation goes on over nodes that end, are given up and come back. It never sleeps to wait for anything.
package storetest
