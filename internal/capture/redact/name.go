package redact

import (
	"strings"
)

// strength says what a name tells of the value that is assigned to it.
type strength uint8

const (
	noSecret strength = iota
	weak              // a credential if it looks random
	strong            // a credential
)

// strongWords make a name strong when they are part of it, strongNames when they are all of it. Names are compared without case, spaces and
// punctuation.
var (
	strongWords = []string{
		"token", "secret", "passw", "passphrase", "pwd", "apikey", "auth", "credential", "jwt", "ticket", "signature", "bearer", "cookie",
		"privatekey", "accesskey", "sharedkey", "subscriptionkey", "sessionkey", "masterkey", "functionskey", "codeverifier", "assertion", "samlresponse", "connectionparams",
	}
	strongNames = set("key", "sig", "code", "sid", "session", "sessionid", "phpsessid", "jsessionid", "pass", "pw", "pin", "otp", "psk", "cred", "creds", "hmac")
	weakWords   = []string{"key", "sess", "csrf", "xsrf", "nonce", "state", "hash", "cred", "otp", "sign", "sid"}
	// aboutWords end a name that describes a credential: token_type, auth_url, signature_version.
	aboutWords = []string{
		"type", "mode", "method", "methods", "scheme", "expiry", "expires", "expiresin", "expiresat", "count", "limit", "remaining", "length", "url", "uri",
		"endpoint", "version", "algorithm", "enabled", "required", "provider", "headers", "tokens",
	}
	// harmless have a strong or weak word and hold no credential.
	harmless = set("idempotencykey", "surrogatekey", "cachekey", "publickey", "sortkey", "primarykey", "partitionkey", "secwebsocketkey", "connectionstate",
		"readystate", "authority", "author", "authors", "passwordless", "secgpc", "wwwauthenticate", "proxyauthenticate", "acceptsignature",
		"signatureinput", "design", "hashtag", "unsigned")
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// maxName is how much of a name is looked at, from its end.
const maxName = 256

// strengthOf says what a name, as it stands in a text, tells of its value.
func strengthOf(name string) strength {
	name = plainName(unescaped(name[max(0, len(name)-maxName):]))
	switch {
	case isOwn(name):
		return strong
	case name == "" || harmless[name]:
		return noSecret
	case strongNames[name]:
		return strong
	}
	known := noSecret
	for _, w := range strongWords {
		if containsWord(name, w) {
			known = strong
			break
		}
	}
	if known == strong && endsWithAny(name, aboutWords) || known == noSecret && containsAny(name, weakWords) {
		return weak
	}
	return known
}

// containsWord reports whether a name has a word; "auth" does not count in author and authority.
func containsWord(name, word string) bool {
	for {
		i := strings.Index(name, word)
		if i < 0 {
			return false
		}
		name = name[i+len(word):]
		if word != "auth" || !strings.HasPrefix(name, "or") || strings.HasPrefix(name, "oriz") || strings.HasPrefix(name, "oris") {
			return true
		}
	}
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func endsWithAny(s string, words []string) bool {
	for _, w := range words {
		if strings.HasSuffix(s, w) && len(s) > len(w) {
			return true
		}
	}
	return false
}

// plainName returns the letters and digits of a name in lower case.
func plainName(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteByte(c)
		}
	}
	return b.String()
}

// hides reports whether a value is a credential under a name of this strength.
func (s strength) hides(value string) bool {
	value = strings.Trim(value, " \t\"'\\")
	switch strings.ToLower(value) {
	case "", "0", "1", "true", "false", "null", "undefined", "none", strings.ToLower(Placeholder):
		return false
	}
	return s == strong || s == weak && random(value)
}

// unescaped returns s with percent signs and plus signs decoded, as leniently as servers do it: what is no escape stays.
func unescaped(s string) string {
	for range maxDepth {
		next := unescapeOnce(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// escaped reports whether s may have something to decode.
func escaped(s string) bool { return strings.IndexByte(s, '%') >= 0 || strings.IndexByte(s, '+') >= 0 }

func unescapeOnce(s string) string {
	if !escaped(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, hexValue(s[i+1])<<4|hexValue(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
