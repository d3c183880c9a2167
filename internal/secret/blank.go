package secret

import (
	"bytes"
	"net/url"
	"strings"
)

// Hidden stands where a secret stood.
const Hidden = "[hidden]"

// secretHeaders are header fields whose whole value is a credential.
var secretHeaders = map[string]bool{
	"authorization": true, "proxy-authorization": true, "cookie": true, "set-cookie": true,
}

// urlHeaders are header fields that hold a URL, and with it perhaps a query.
var urlHeaders = map[string]bool{"referer": true, "location": true, "content-location": true}

// secretWords mark a header field or a query parameter as a credential when they are part of its name.
var secretWords = []string{"token", "secret", "passw", "pwd", "apikey", "api-key", "api_key", "auth", "credential", "jwt", "ticket", "signature"}

// secretNames mark a query parameter as a credential when they are its name.
var secretNames = map[string]bool{"key": true, "sig": true, "code": true, "sid": true, "session": true, "sessionid": true, "session_id": true}

// secretProtocols begin a subprotocol that carries a credential, as pages offer it because the browser lets them set no
// other header of a handshake.
var secretProtocols = []string{"token.", "bearer.", "jwt.", "auth.", "authorization.", "base64url.bearer.", "access_token."}

// Blank returns a copy of an HTTP head with [Hidden] in place of the credentials that it knows: Authorization, cookies,
// header fields and query parameters named like tokens, and subprotocols that carry one. Line order, field names, and
// everything else stay.
func Blank(head []byte) []byte {
	lines := bytes.SplitAfter(head, []byte("\r\n"))
	out := make([]byte, 0, len(head))
	for i, line := range lines {
		text := strings.TrimSuffix(string(line), "\r\n")
		end := string(line[len(text):])
		if i == 0 {
			text = blankRequestLine(text)
		} else {
			text = blankField(text)
		}
		out = append(append(out, text...), end...)
	}
	return out
}

// blankRequestLine hides credentials in the target of a request. A status line has none.
func blankRequestLine(line string) string {
	parts := strings.Split(line, " ")
	if len(parts) == 3 && !strings.HasPrefix(line, "HTTP/") {
		parts[1] = blankURL(parts[1])
	}
	return strings.Join(parts, " ")
}

func blankField(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return line
	}
	lower := strings.ToLower(strings.TrimSpace(name))
	switch {
	case lower == "sec-websocket-protocol":
		return name + ":" + blankProtocols(value)
	case strings.HasPrefix(lower, "sec-websocket-"), lower == "www-authenticate":
		return line
	case urlHeaders[lower]:
		return name + ":" + blankURL(value)
	case secretHeaders[lower] || hasSecretWord(lower):
		return name + ": " + Hidden
	}
	return line
}

// blankURL hides the password before an @ and the values of query parameters that are named like credentials.
func blankURL(u string) string {
	if scheme, rest, ok := strings.Cut(u, "://"); ok {
		host, path, _ := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			u = scheme + "://" + Hidden + host[at:] + "/" + path
		}
	}
	base, query, ok := strings.Cut(u, "?")
	if !ok {
		return u
	}
	params := strings.Split(query, "&")
	for i, p := range params {
		name, value, _ := strings.Cut(p, "=")
		lower := strings.ToLower(unescaped(name))
		if value != "" && (secretNames[lower] || hasSecretWord(lower) || looksLikeJWT(value)) {
			params[i] = name + "=" + Hidden
		}
	}
	return base + "?" + strings.Join(params, "&")
}

// unescaped returns name as a server reads it, or as it is where that cannot be read.
func unescaped(name string) string {
	if s, err := url.QueryUnescape(name); err == nil {
		return s
	}
	return name
}

// blankProtocols hides the subprotocols that carry a credential, and the one after a bare "bearer" or "token".
func blankProtocols(value string) string {
	list := strings.Split(value, ",")
	follows := false
	for i, p := range list {
		name := strings.TrimSpace(p)
		lead := p[:len(p)-len(strings.TrimLeft(p, " \t"))]
		lower := strings.ToLower(name)
		prefix := secretPrefix(lower)
		switch {
		case follows || looksLikeJWT(name):
			list[i] = lead + Hidden
		case prefix > 0:
			list[i] = lead + name[:prefix] + Hidden
		}
		follows = lower == "bearer" || lower == "token" || lower == "access_token" || lower == "authorization"
	}
	return strings.Join(list, ",")
}

// secretPrefix returns the length of the prefix after which a subprotocol's credential begins, or 0.
func secretPrefix(lower string) int {
	longest := 0
	for _, p := range secretProtocols {
		if strings.HasPrefix(lower, p) {
			longest = max(longest, len(p))
		}
	}
	return longest
}

func hasSecretWord(lower string) bool {
	for _, w := range secretWords {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return false
}

// looksLikeJWT reports whether s has the shape of a JSON Web Token: three parts, the first one base64 of `{"`.
func looksLikeJWT(s string) bool { return strings.HasPrefix(s, "eyJ") && strings.Count(s, ".") == 2 }
