package redact

import (
	"encoding/base64"
	"strings"
)

// keyPrefixes begin keys of services that publish the form of their keys, so that others can find them.
var keyPrefixes = []string{
	"sk-", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "ek_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-",
	"xoxs-", "xoxe-", "xapp-", "AKIA", "ASIA", "AIza", "ya29.", "hf_", "npm_", "pypi-", "SG.", "shpat_", "shpss_", "dop_v1_", "lin_api_", "gsk_", "xai-", "r8_",
	"whsec_", "v1.local.", "v2.local.", "v3.local.", "v4.local.", "v1.public.", "v2.public.", "v3.public.", "v4.public.",
}

// schemes are authentication schemes, which stand before a credential.
var schemes = []string{"bearer", "basic", "token", "negotiate", "ntlm", "apikey", "jwt", "dpop"}

// isTokenByte reports whether c stands in credentials: base64, base64url and token68 (RFC 9110 §11.2) without padding.
func isTokenByte(c byte) bool {
	return isAlnum(c) || c == '-' || c == '_' || c == '.' || c == '~' || c == '+' || c == '/'
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func isBase64URL(c byte) bool { return isAlnum(c) || c == '-' || c == '_' || c == '=' }

// random reports whether s looks like chance and not like words: long, and changing often between capitals, small letters and digits.
func random(s string) bool {
	s = strings.TrimRight(s, "=")
	if len(s) < 16 {
		return false
	}
	class, changes, count := 0, 0, 0
	for i := range len(s) {
		c := s[i]
		now := 0
		switch {
		case c >= '0' && c <= '9':
			now = 1
		case c >= 'a' && c <= 'z':
			now = 2
		case c >= 'A' && c <= 'Z':
			now = 3
		case !isTokenByte(c) && c != '%' && c != ':':
			return false
		default:
			continue
		}
		if count++; class != 0 && now != class {
			changes++
		}
		class = now
	}
	return count >= 16 && changes*5 >= count
}

// shapes replaces the credentials that can be recognised without a name.
func shapes(s string) string {
	if len(s) < 8 {
		return s
	}
	s = replaceRuns(s, jwtAt)
	s = replaceRuns(s, prefixAt)
	s = replaceRuns(s, schemeAt)
	return userinfo(s)
}

// replaceRuns replaces what find finds. find returns the part of s from i on to replace, with from >= i, or from < 0.
func replaceRuns(s string, find func(s string, i int) (from, to int)) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		from, to := find(s, i)
		if from < 0 {
			i++
			continue
		}
		b.WriteString(s[done:from])
		b.WriteString(Placeholder)
		i, done = to, to
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// jwtAt finds a JSON Web Token (RFC 7519: JWS with three parts, JWE with five) or the first two parts of one.
func jwtAt(s string, i int) (from, to int) {
	if !strings.HasPrefix(s[i:], "eyJ") {
		return -1, 0
	}
	end, dots, second := i, 0, 0
	for end < len(s) && (isBase64URL(s[end]) || s[end] == '.') && (dots > 0 || end-i < maxRun) {
		if s[end] == '.' {
			if dots++; dots == 1 {
				if second = end + 1; end-i < 8 {
					return -1, 0
				}
			}
		}
		end++
	}
	if dots >= 2 || dots == 1 && strings.HasPrefix(s[second:], "eyJ") {
		return i, end
	}
	return -1, 0
}

// maxRun bounds how far is looked to tell whether something begins here; what does is hidden to its end.
const maxRun = 4 << 10

// prefixAt finds a key with a known prefix.
func prefixAt(s string, i int) (from, to int) {
	if i > 0 && isAlnum(s[i-1]) {
		return -1, 0
	}
	for _, p := range keyPrefixes {
		if !strings.HasPrefix(s[i:], p) {
			continue
		}
		end := i + len(p)
		for end < len(s) && isTokenByte(s[end]) && s[end] != '/' && end-i < maxRun {
			end++
		}
		if end-i < 20 || !random(s[i+len(p):end]) {
			continue
		}
		for end < len(s) && isTokenByte(s[end]) && s[end] != '/' {
			end++
		}
		return i, end
	}
	return -1, 0
}

// schemeAt finds the credential behind an authentication scheme: "Bearer abc", "Basic dXNlcjpwYXNz".
func schemeAt(s string, i int) (from, to int) {
	if i > 0 && isAlnum(s[i-1]) {
		return -1, 0
	}
	for _, name := range schemes {
		if len(s)-i <= len(name) || s[i+len(name)] != ' ' || !strings.EqualFold(s[i:i+len(name)], name) {
			continue
		}
		from = i + len(name)
		for from < len(s) && s[from] == ' ' {
			from++
		}
		to = from
		for to < len(s) && isTokenByte(s[to]) {
			to++
		}
		run := s[from:to]
		for to < len(s) && s[to] == '=' {
			to++
		}
		if len(run) >= 8 && (to == len(s) || s[to] != '"') && secretRun(run, to-from > len(run)) {
			return from, to
		}
	}
	return -1, 0
}

// secretRun reports whether a run behind a scheme is more than a word of a sentence.
func secretRun(run string, padded bool) bool {
	if len(run) >= 24 || padded {
		return true
	}
	upper, lower, digit := false, false, false
	for i := range len(run) {
		c := run[i]
		digit = digit || c >= '0' && c <= '9'
		lower = lower || c >= 'a' && c <= 'z'
		upper = upper || i > 0 && c >= 'A' && c <= 'Z'
	}
	return digit || upper && lower
}

// userinfo hides user and password before the host of a URL.
func userinfo(s string) string {
	return replaceRuns(s, func(s string, i int) (from, to int) {
		if i < 2 || !isSlash(s[i-1]) || !isSlash(s[i-2]) {
			return -1, 0
		}
		end := i
		for end < len(s) && !strings.ContainsRune("/\\?# \t\"'<>", rune(s[end])) {
			end++
		}
		at := strings.LastIndexByte(s[i:end], '@')
		if at <= 0 || s[i:i+at] == Placeholder {
			return -1, 0
		}
		return i, i + at
	})
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// decodedJSON returns the JSON object that s is the base64 of, in any alphabet, padded or not.
func decodedJSON(s string) (text string, ok bool) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	if len(s) < 12 || !strings.HasPrefix(s, "ey") && !strings.HasPrefix(s, "ew") && !strings.HasPrefix(s, "W3") && !strings.HasPrefix(s, "Wy") {
		return "", false
	}
	for i := range len(s) {
		if !isBase64URL(s[i]) && s[i] != '+' && s[i] != '/' && s[i] != ' ' || s[i] == '=' {
			return "", false
		}
	}
	s = strings.NewReplacer("+", "-", "/", "_", " ", "-").Replace(s) // a space was a plus sign
	b, err := base64.RawURLEncoding.DecodeString(s[:len(s)-len(s)%4])
	if rest, e := base64.RawURLEncoding.DecodeString(s[len(s)-len(s)%4:]); e == nil {
		b = append(b, rest...)
	}
	text = strings.TrimSpace(string(b))
	return text, err == nil && text != "" && (text[0] == '{' || text[0] == '[')
}
