//go:build !js

package tether

// newAlarms returns timers that survive what the platform does to timers: natively it does nothing.
func newAlarms() alarms { return nil }
