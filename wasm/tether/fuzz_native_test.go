//go:build !js

// These look for inputs that no other test has. They are native because a browser has no files to keep the corpus in.
package tether

import "testing"

func FuzzRetryHint(f *testing.F) {
	f.Add(`{"retry":1500,"reconnect":true,"to":"wss://x"}`)
	f.Fuzz(func(t *testing.T, reason string) {
		if a, ok := parseRetryHint(reason); ok && (a.retry > longestRetryHint || a.retry < 0 && a.reconnect == "") {
			t.Errorf("%q gave %+v", reason, a)
		}
	})
}
