package tether_test

import (
	"os"
	"testing"
)

// serverURL returns the address of the wstest server that the runner started, as ws://host:port.
func serverURL(t *testing.T) string {
	t.Helper()
	url := os.Getenv("WS_TEST_URL")
	if url == "" {
		t.Skip("WS_TEST_URL is not set: go test ./internal/test/browsertest sets it")
	}
	return url
}

func onBrowser(inBrowser, _ uint16) uint16 { return inBrowser }
