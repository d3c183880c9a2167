//go:build !js

package tether

// newEnv returns what tells hints: natively, nothing does.
func newEnv() env { return nil }
