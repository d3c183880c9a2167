package chrome

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// ErrNotInstalled is returned by [Start] when there is no Chromium to start.
var ErrNotInstalled = errors.New("no Chromium found")

// names are looked for in PATH, in this order.
var names = []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"}

// Find returns the path of the browser to start: $CHROME when it is set, else the first known name in PATH. Its error
// says what to install.
func Find() (string, error) {
	if name := os.Getenv("CHROME"); name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("%w: CHROME=%s: %w", ErrNotInstalled, name, err)
		}
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w in PATH: install it (Debian: apt-get install chromium) or set CHROME to its path", ErrNotInstalled)
}
