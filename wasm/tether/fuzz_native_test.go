//go:build !js

// These look for inputs that nobody thought of. They are native because a browser has no files to keep the corpus in.
package tether

import "testing"

func FuzzLives(f *testing.F) {
	f.Add([]byte{1, 3, 4, 5, 7, 1, 3, 18, 5, 19, 1, 3, 21, 5})
	f.Fuzz(func(t *testing.T, p []byte) {
		liveThrough(t, p)
		liveWithSenses(t, p)
	})
}

func FuzzAdvice(f *testing.F) {
	f.Add(`{"retry":1500,"reconnect":true,"to":"wss://x"}`)
	f.Fuzz(func(t *testing.T, reason string) {
		if a, ok := parseAdvice(reason); ok && (a.retry > longestAdvice || a.retry < 0 && a.reconnect == "") {
			t.Errorf("%q gave %+v", reason, a)
		}
	})
}
