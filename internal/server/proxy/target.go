package proxy

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Target is a server that may be dialled. Make one with [ParseTarget].
type Target struct {
	Name   string // names its connections in the capture
	Scheme string // "http" or "https": with or without TLS
	Host   string // host[:port] as it was written, for the Host field
	Path   string // the only path that is passed on; "" for all
}

// TargetError says what is wrong with a target on the command line.
type TargetError struct {
	Text    string // what was given
	Problem string // what is wrong with it, and what to do
}

func (e *TargetError) Error() string { return fmt.Sprintf("%q %s", e.Text, e.Problem) }

var (
	targetName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)
	schemes    = map[string]string{"ws": "http", "http": "http", "wss": "https", "https": "https"}
)

// ParseTarget reads NAME=URL. A ws or wss URL with a path stands for that path alone; one without, and every http or https
// URL, for all of its server. Errors are [*TargetError].
func ParseTarget(s string) (Target, error) {
	bad := func(problem string) (Target, error) { return Target{}, &TargetError{s, problem} }
	name, text, ok := strings.Cut(s, "=")
	if !ok || !targetName.MatchString(name) {
		return bad("is not NAME=URL; try api=wss://example.com/socket. A name has 1 to 32 letters, digits, dots, dashes or underscores")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return bad("has no valid URL: " + err.Error())
	case schemes[u.Scheme] == "" || u.Opaque != "":
		return bad("must begin with ws://, wss://, http:// or https:// after the name")
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " \t\r\n,"):
		return bad("names no host")
	case !isPort(u.Port()):
		return bad("has a port that is not between 1 and 65535")
	case u.User != nil:
		return bad("holds a user or a password; let the client send an Authorization field instead")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return bad("has a query or a fragment; the client gives its own query, so leave them out")
	}
	t := Target{Name: name, Scheme: schemes[u.Scheme], Host: u.Host, Path: u.EscapedPath()}
	if t.Path == "/" {
		t.Path = ""
	}
	if t.Path != "" && u.Scheme[0] == 'h' {
		return bad("has a path; http and https stand for a whole server, so leave it out")
	}
	return t, nil
}

// LocalHost returns the host name, without port, under which browsers reach the target's proxy: the name in lower case as one label
// below localhost, which browsers resolve to this machine (RFC 6761 §6.3). Browsers keep cookies by host name, not by port.
func (t Target) LocalHost() string {
	label := strings.Map(func(r rune) rune {
		if r == '.' || r == '_' {
			return '-'
		}
		return r
	}, strings.ToLower(t.Name))
	return strings.TrimRight(label, "-") + ".localhost"
}

// isPort reports whether a URL's port is one, or is left out.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// Origin returns the target's own origin, as its pages have it.
func (t Target) Origin() string { return t.Scheme + "://" + strings.ToLower(t.Host) }

// String returns the URL of the target.
func (t Target) String() string {
	return strings.Replace(t.Scheme, "http", "ws", 1) + "://" + t.Host + t.Path
}

// address returns what to dial.
func (t Target) address() string {
	if _, port, err := net.SplitHostPort(t.Host); err == nil && port != "" {
		return t.Host
	}
	port := "80"
	if t.Scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(t.hostname(), port)
}

// hostname returns the host without port and brackets.
func (t Target) hostname() string { return (&url.URL{Host: t.Host}).Hostname() }
