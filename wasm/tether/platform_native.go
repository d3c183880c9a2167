//go:build !js

package tether

// newPlatform returns what reports hints: natively, nothing does.
func newPlatform() platform { return nil }
