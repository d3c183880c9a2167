package userkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// maxEntry bounds what is read of a file, in bytes.
const maxEntry = 4 << 10

// Entry is what a file holds.
type Entry struct {
	URL string `json:"url"` // of the server, without a path: http://127.0.0.1:7316
	Key string `json:"key"` // opens it
	PID int    `json:"pid"` // of the server's process
}

// Write writes the entry of a server into dir, in place of one of an earlier server at the same port, and returns what removes it
// again. Entries of processes that have ended are removed.
func Write(dir string, e Entry) (remove func(), err error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	name, err := fileOf(dir, e.URL)
	if err != nil {
		return nil, err
	}
	removeDead(dir)
	b, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if err := Replace(name, append(b, '\n')); err != nil {
		return nil, err
	}
	return func() {
		if now, err := read(name); err == nil && now.Key == e.Key { // it may be another server's by now
			_ = os.Remove(name)
		}
	}, nil
}

// Replace writes a file that only the user can read, in place of whatever has its name.
func Replace(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*") // with mode 0600, and never through a link
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Lookup is [Find] in the folder that the environment of the process names.
func Lookup(server string) (url, key string, err error) {
	dir, err := Dir(os.LookupEnv)
	if err != nil {
		return server, "", nil //nolint:nilerr // without a folder there is no key
	}
	return Find(dir, server)
}

// Find returns the URL to call a server by and its key, if dir has its entry; without one the URL as it is and no key. A key is for
// the address that its server has listened on: localhost, which may lead to another user's server at another address, becomes
// that address.
func Find(dir, server string) (string, string, error) {
	name, err := fileOf(dir, server)
	if err != nil {
		return server, "", nil //nolint:nilerr // its caller says what is wrong with the URL
	}
	e, err := read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return server, "", nil
	case err != nil:
		return server, "", err
	}
	asked, own := host(server), host(e.URL)
	switch {
	case strings.EqualFold(asked, own):
		return server, e.Key, nil
	case strings.EqualFold(asked, "localhost") && net.ParseIP(own).IsLoopback():
		return e.URL, e.Key, nil
	}
	return server, "", nil
}

// fileOf returns the name of the file for a server.
func fileOf(dir, server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	port := u.Port()
	switch {
	case port == "" && u.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	return filepath.Join(dir, port+".json"), nil
}

func host(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// read reads an entry, if no other user can have written or read it.
func read(name string) (e Entry, err error) {
	if err := private(filepath.Dir(name), fs.ModeDir); err != nil {
		return e, err
	}
	if err := private(name, 0); err != nil {
		return e, err
	}
	f, err := os.Open(name) // in a folder of the user's alone: it is what was looked at
	if err != nil {
		return e, err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxEntry))
	if err == nil {
		err = json.Unmarshal(b, &e)
	}
	if err != nil {
		return e, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// removeDead removes the entries of processes that have ended without doing so.
func removeDead(dir string) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return
	}
	for _, name := range names {
		if e, err := read(name); err == nil && gone(e.PID) {
			_ = os.Remove(name)
		}
	}
}
