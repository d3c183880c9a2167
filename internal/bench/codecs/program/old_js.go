//go:build !goexperiment.jsonv2

package main

// newJSON: this build measures everything.
func newJSON() bool { return false }
