package cdp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultAddress is where browsers are by custom.
const DefaultAddress = "ws://127.0.0.1:9222"

// HowToStart says what makes a browser one that can be connected to.
const HowToStart = "start Chrome, Chromium, Edge or Brave with --remote-debugging-port=9222 --user-data-dir=FOLDER, where FOLDER is not the usual profile"

// Limits of the answer that names a browser's WebSocket URL.
const (
	maxVersion  = 64 << 10 // bytes
	findTimeout = 10 * time.Second
)

// ErrNoAddress says that a text is no address of a browser.
var ErrNoAddress = errors.New("want host:port, ws://host:port, or the browser's own URL, ws://host:port/devtools/browser/ID")

// ParseAddress reads the address of a browser: host:port, a URL of it with ws, wss, http or https, or the WebSocket URL of the browser itself. The
// result has ws or wss, and no path unless it is such a URL.
func ParseAddress(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "ws://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAddress, withoutURL(err))
	}
	switch u.Scheme {
	case "ws", "wss":
	case "http", "https":
		u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	default:
		return nil, ErrNoAddress
	}
	if u.Path = strings.TrimSuffix(u.Path, "/"); u.Path == "/json/version" {
		u.Path = ""
	}
	switch {
	case u.Hostname() == "":
		return nil, ErrNoAddress
	case strings.HasPrefix(u.Path, "/devtools/") && !strings.HasPrefix(u.Path, "/devtools/browser"):
		return nil, fmt.Errorf("%s is the URL of one page: %w", u.Path, ErrNoAddress)
	}
	return u, nil
}

// Find returns the WebSocket URL of the browser at an address of [ParseAddress]. Where that names none, the browser is asked for it.
func Find(ctx context.Context, u *url.URL) (string, error) {
	if u.Path != "" {
		return u.String(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	ask := *u
	ask.Scheme, ask.Path = strings.Replace(u.Scheme, "ws", "http", 1), "/json/version"
	path, err := askVersion(ctx, ask.String())
	if err != nil {
		return "", err
	}
	// What it says of host and port is what we called it by, or of no use: a program on another machine must not send us elsewhere.
	found := *u
	found.Path = path
	return found.String(), nil
}

// askVersion returns the path of the browser's WebSocket URL.
func askVersion(ctx context.Context, ask string) (path string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ask, nil)
	if err != nil {
		return "", withoutURL(err)
	}
	resp, err := client().Do(req)
	if err != nil {
		return "", withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var version struct {
		URL string `json:"webSocketDebuggerUrl"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxVersion)).Decode(&version)
	if resp.StatusCode != http.StatusOK || err != nil {
		return "", fmt.Errorf("it is no DevTools endpoint: it answers /json/version with HTTP %d and no JSON that names a browser", resp.StatusCode)
	}
	u, err := url.Parse(version.URL)
	if err != nil || !strings.HasPrefix(u.Path, "/devtools/browser") {
		return "", errors.New("it is no DevTools endpoint of a browser: its /json/version names no webSocketDebuggerUrl with /devtools/browser")
	}
	return u.Path, nil
}
