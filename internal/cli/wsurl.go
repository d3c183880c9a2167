package cli

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// bareZone is the zone of an address in a URL whose percent sign is not escaped, as people write it.
var bareZone = regexp.MustCompile(`^(wss?://(?:[^/?#]*@)?\[[0-9A-Fa-f:.]+)%([^\]/?#]+\])`)

// parseWS reads the URL of a WebSocket endpoint (RFC 6455 §3) and makes of it what can be sent: a name in ASCII, a query
// without spaces. flag is what the error calls it.
func parseWS(flag, text string) (*url.URL, error) {
	if m := bareZone.FindStringSubmatch(text); m != nil && !strings.HasPrefix(m[2], "25") {
		text = m[1] + "%25" + m[2] + text[len(m[0]):] // RFC 6874 §2
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
	case strings.Contains(text, "#"):
		err = errors.New("a fragment (#) cannot be sent; write %23 if it belongs to the path or the query (RFC 6455 §3)")
	default:
		err = normaliseWS(u)
	}
	if err == nil {
		return u, nil
	}
	var parsing *url.Error // it repeats the text, with the password
	if errors.As(err, &parsing) {
		err = parsing.Err
	}
	return nil, fmt.Errorf("%s %q is no WebSocket URL: %w: want ws://host:port/path or wss://…", flag, withoutPassword(text), err)
}

// normaliseWS checks a URL part by part and replaces what cannot be sent as it is.
func normaliseWS(u *url.URL) error {
	switch {
	case u.Scheme != "ws" && u.Scheme != "wss":
		return fmt.Errorf("its scheme is %q", u.Scheme)
	case u.Hostname() == "":
		return errors.New("it names no host")
	}
	if err := checkPort(u); err != nil {
		return err
	}
	if err := asciiHost(u); err != nil {
		return err
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	return nil
}

// checkPort refuses a port that no server can have, and takes away a colon without one.
func checkPort(u *url.URL) error {
	port := u.Port()
	if port == "" {
		u.Host = strings.TrimSuffix(u.Host, ":")
		return nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("the port is %s, and ports are 1 to 65535", port)
	}
	return nil
}

// dnsNames are names as browsers look them up (UTS #46), held to the lengths of DNS.
var dnsNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.VerifyDNSLength(true))

// asciiHost replaces an internationalised name by its form in DNS (RFC 5891 §4).
func asciiHost(u *url.URL) error {
	name := u.Hostname()
	if !strings.ContainsFunc(name, func(r rune) bool { return r > '~' }) {
		return nil
	}
	ascii, err := dnsNames.ToASCII(name)
	if err != nil {
		return fmt.Errorf("the name %q cannot be one of DNS: %w", name, err)
	}
	u.Host = strings.Replace(u.Host, name, ascii, 1)
	return nil
}

// escapeQuery escapes what cannot stand in a query (RFC 3986 §3.4), and leaves alone what can.
func escapeQuery(q string) string {
	var b strings.Builder
	for i := range len(q) {
		if c := q[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}#", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// withoutPassword hides the password in what may be a URL.
func withoutPassword(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	user, _, secret := strings.Cut(rest[:max(at, 0)], ":")
	if !ok || at < 0 || !secret {
		return text
	}
	return scheme + "://" + user + ":xxxxx" + rest[at:]
}

// redirectHint says which URL to give instead of one that is redirected.
func redirectHint(from *url.URL, location string) string {
	to, err := url.Parse(location)
	if location == "" || err != nil {
		return ""
	}
	base := *from
	base.Scheme = strings.Replace(base.Scheme, "ws", "http", 1)
	to = base.ResolveReference(to)
	to.Scheme = strings.Replace(to.Scheme, "http", "ws", 1)
	to.Fragment = ""
	return fmt.Sprintf(" (redirects are not followed; it leads to %s)", to.Redacted())
}
