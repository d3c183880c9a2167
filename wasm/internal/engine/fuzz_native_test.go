//go:build !js

// Fuzz targets are native because a browser has no files to keep the corpus in.
package engine

import "testing"

func FuzzLives(f *testing.F) {
	f.Add([]byte{1, 3, 4, 5, 7, 1, 3, 18, 5, 19, 1, 3, 21, 5})
	f.Fuzz(func(t *testing.T, p []byte) {
		liveThrough(t, p)
		liveWithMonitors(t, p)
	})
}
