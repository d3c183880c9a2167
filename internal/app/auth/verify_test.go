package auth_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tetherscope/tetherscope/internal/app/auth"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// keys of the test: one of each algorithm.
type keys struct {
	secret  []byte
	rsa     *rsa.PrivateKey
	ed      ed25519.PrivateKey
	rsaPEM  []byte
	trusted []auth.Key
}

func newKeys(t *testing.T) keys {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	k := keys{secret: []byte(strings.Repeat("s", 32))}
	var err error
	k.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	_, k.ed, err = ed25519.GenerateKey(rand.Reader)
	must(err)
	der, err := x509.MarshalPKIXPublicKey(k.rsa.Public())
	must(err)
	k.rsaPEM = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	hs, err := auth.NewSecret("hs", k.secret)
	must(err)
	rs, err := auth.ParsePublic("rs", k.rsaPEM)
	must(err)
	ed, err := auth.NewPublic("ed", k.ed.Public())
	must(err)
	k.trusted = []auth.Key{hs, rs, ed}
	return k
}

// sign makes a token with header kid ("" for none) and the claims, changed by edit.
func sign(t *testing.T, m jwt.SigningMethod, key any, kid any, edit func(jwt.MapClaims)) string {
	t.Helper()
	c := jwt.MapClaims{"sub": "ada", "aud": "chat", "iss": "us", "exp": now.Add(time.Minute).Unix()}
	if edit != nil {
		edit(c)
	}
	tok := jwt.NewWithClaims(m, c)
	if kid != nil {
		tok.Header["kid"] = kid
	}
	s, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestVerify: the table of attacks on a token, and the tokens that are right.
func TestVerify(t *testing.T) {
	k := newKeys(t)
	v, err := auth.NewVerifier(auth.Options{Keys: k.trusted, Audience: "chat", Issuer: "us"})
	if err != nil {
		t.Fatal(err)
	}
	with := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { c[name] = value }
	}
	without := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }
	hs := func(edit func(jwt.MapClaims)) string { return sign(t, jwt.SigningMethodHS256, k.secret, nil, edit) }
	_, otherEd, _ := ed25519.GenerateKey(rand.Reader)
	good := hs(nil)
	parts := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	for name, c := range map[string]struct{ token, rule string }{
		"HS256":                    {good, ""},
		"HS256 with kid":           {sign(t, jwt.SigningMethodHS256, k.secret, "hs", nil), ""},
		"RS256":                    {sign(t, jwt.SigningMethodRS256, k.rsa, "rs", nil), ""},
		"EdDSA":                    {sign(t, jwt.SigningMethodEdDSA, k.ed, nil, nil), ""},
		"audience in a list":       {hs(with("aud", []string{"x", "chat"})), ""},
		"empty":                    {"", "malformed"},
		"no dots":                  {"token", "malformed"},
		"alg none":                 {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil), "signature"},
		"alg None, no signature":   {b64([]byte(`{"alg":"None","typ":"JWT"}`)) + "." + parts[1] + ".", "no such key"},
		"RSA public key as HMAC":   {sign(t, jwt.SigningMethodHS256, k.rsaPEM, nil, nil), "signature"},
		"RSA key as HMAC, its kid": {sign(t, jwt.SigningMethodHS256, k.rsaPEM, "rs", nil), "no such key"},
		"HS512 with our secret":    {sign(t, jwt.SigningMethodHS512, k.secret, nil, nil), "signature"},
		"PS256 with our RSA key":   {sign(t, jwt.SigningMethodPS256, k.rsa, "rs", nil), "signature"},
		"unknown kid":              {sign(t, jwt.SigningMethodHS256, k.secret, "other", nil), "no such key"},
		"kid with a path":          {sign(t, jwt.SigningMethodHS256, k.secret, "../../dev/null", nil), "no such key"},
		"kid is a number":          {sign(t, jwt.SigningMethodHS256, k.secret, 7, nil), "no such key"},
		"foreign Ed25519 key":      {sign(t, jwt.SigningMethodEdDSA, otherEd, nil, nil), "signature"},
		"signature cut off":        {parts[0] + "." + parts[1] + ".", "signature"},
		"payload exchanged":        {parts[0] + "." + b64([]byte(`{"sub":"eve","aud":"chat","iss":"us","exp":99999999999}`)) + "." + parts[2], "signature"},
		"no exp":                   {hs(without("exp")), "claim missing"},
		"expired":                  {hs(with("exp", now.Unix())), "expired"},
		"exp is text":              {hs(with("exp", "later")), "malformed"},
		"nbf in the future":        {hs(with("nbf", now.Add(time.Second).Unix())), "not valid yet"},
		"iat in the future":        {hs(with("iat", now.Add(time.Hour).Unix())), "used before issued"},
		"no aud":                   {hs(without("aud")), "claim missing"},
		"wrong aud":                {hs(with("aud", "chat2")), "audience"},
		"no iss":                   {hs(without("iss")), "claim missing"},
		"wrong iss":                {hs(with("iss", "them")), "issuer"},
		"no sub":                   {hs(without("sub")), "subject"},
		"sub with a line break":    {hs(with("sub", "ada\nroot")), "subject"},
		"sub with an escape":       {hs(with("sub", "\x1b[2Jada")), "subject"},
		"sub too long":             {hs(with("sub", strings.Repeat("a", 65))), "subject"},
		"LF in the signature":      {good[:len(good)-3] + "\n" + good[len(good)-3:], "malformed"},
		"CR in the signature":      {good[:len(good)-3] + "\r" + good[len(good)-3:], "malformed"},
		"CRLF at the end":          {good + "\r\n", "malformed"},
		"LF in the header":         {good[:5] + "\n" + good[5:], "malformed"},
		"LF in the claims":         {parts[0] + "." + parts[1][:4] + "\n" + parts[1][4:] + "." + parts[2], "malformed"},
		"padding":                  {good + "=", "malformed"},
		"a space before":           {" " + good, "malformed"},
		"a NUL":                    {good + "\x00", "malformed"},
		"crit":                     {critical(t, k.secret, []string{"exp"}), "critical extension"},
		"crit that is empty":       {critical(t, k.secret, []string{}), "critical extension"},
		"longer than the limit":    {good + strings.Repeat("A", auth.MaxToken), "malformed"},
	} {
		id, err := v.Verify(c.token, now)
		if c.rule == "" {
			if err != nil || id.User != "ada" || !id.Expires.Equal(now.Add(time.Minute)) {
				t.Errorf("%s: %v, %v", name, id, err)
			}
			continue
		}
		if !errors.Is(err, auth.ErrInvalid) || err.Error() != "invalid token: "+c.rule {
			t.Errorf("%s: got %v, want rule %q", name, err, c.rule)
		}
		if id.User != "" {
			t.Errorf("%s: refused, and yet is %q", name, id.User)
		}
	}
}

// critical makes a token that is right but for the header crit (RFC 7515 §4.1.11).
func critical(t *testing.T, secret []byte, crit any) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "ada", "aud": "chat", "iss": "us", "exp": now.Add(time.Minute).Unix()})
	token.Header["crit"] = crit
	s, err := token.SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOneTokenHasOneName: whatever is accepted as the same token has the name by which it is revoked, and two tokens have two.
func TestOneTokenHasOneName(t *testing.T) {
	k := newKeys(t)
	v, err := auth.NewVerifier(auth.Options{Keys: k.trusted, Audience: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	good := sign(t, jwt.SigningMethodHS256, k.secret, nil, nil)
	want, err := v.Verify(good, now)
	if err != nil || want.Token == "" {
		t.Fatalf("%+v, %v", want, err)
	}
	for at := range len(good) + 1 {
		for c := range 256 {
			for _, other := range []string{good[:at] + string([]byte{byte(c)}) + good[at:], good[:at] + string([]byte{byte(c)}) + good[min(at+1, len(good)):]} {
				if id, err := v.Verify(other, now); err == nil && (other != good || id.Token != want.Token) {
					t.Fatalf("accepted %q as %v", other, id)
				}
			}
		}
	}
	later := sign(t, jwt.SigningMethodHS256, k.secret, nil, func(c jwt.MapClaims) { c["exp"] = now.Add(time.Hour).Unix() })
	if id, err := v.Verify(later, now); err != nil || id.Token == want.Token {
		t.Errorf("another token of the same user: %+v, %v", id, err)
	}
}

// TestScopeDecides: a token without a scope allows everything, an empty one nothing.
func TestScopeDecides(t *testing.T) {
	k := newKeys(t)
	v, err := auth.NewVerifier(auth.Options{Keys: k.trusted, Audience: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	for scope, allows := range map[any]bool{nil: true, "": false, "private": false, "private chat": true, "chatter": false} {
		id, err := v.Verify(sign(t, jwt.SigningMethodHS256, k.secret, nil, func(c jwt.MapClaims) {
			if scope != nil {
				c["scope"] = scope
			}
		}), now)
		if err != nil || id.Allows("chat") != allows {
			t.Errorf("scope %v: allows chat %v, %v", scope, id.Allows("chat"), err)
		}
	}
}

// TestHugeTokensCostNothing: a megabyte of dots is refused with less than a megabyte allocated (CVE-2025-30204).
func TestHugeTokensCostNothing(t *testing.T) {
	k := newKeys(t)
	v, err := auth.NewVerifier(auth.Options{Keys: k.trusted, Audience: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	dots := strings.Repeat(".", 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := v.Verify(dots, now); err == nil {
			t.Fatal("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("100 refusals allocated %d bytes", used)
	}
}

// TestErrorsNeverQuoteTheToken: whatever is wrong with it.
func TestErrorsNeverQuoteTheToken(t *testing.T) {
	k := newKeys(t)
	v, err := auth.NewVerifier(auth.Options{Keys: k.trusted, Audience: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	good := sign(t, jwt.SigningMethodHS256, k.secret, nil, nil)
	for i := range len(good) {
		bad := good[:i] + "!" + good[i+1:]
		if _, err := v.Verify(bad, now); err == nil || len(err.Error()) > 40 || strings.Contains(err.Error(), "!") {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

// TestWeakKeysAreRefused: and what is no public key, with what to do.
func TestWeakKeysAreRefused(t *testing.T) {
	if _, err := auth.NewSecret("x", make([]byte, 31)); err == nil {
		t.Error("a secret of 31 bytes")
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // short on purpose
	if err == nil {
		if _, err := auth.NewPublic("x", short.Public()); err == nil {
			t.Error("an RSA key of 1024 bits")
		}
	}
	for _, text := range []string{"", "no pem", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if _, err := auth.ParsePublic("x", []byte(text)); err == nil {
			t.Errorf("accepted %q", text)
		}
	}
	if _, err := auth.NewVerifier(auth.Options{Audience: "x"}); err == nil {
		t.Error("no keys")
	}
	k := newKeys(t)
	if _, err := auth.NewVerifier(auth.Options{Keys: k.trusted}); err == nil {
		t.Error("no audience")
	}
	if _, err := auth.NewVerifier(auth.Options{Keys: append(k.trusted, k.trusted[0]), Audience: "x"}); err == nil {
		t.Error("two keys of one name")
	}
}

// TestIssueNeedsASecret: a system that has only public keys signs nothing.
func TestIssueNeedsASecret(t *testing.T) {
	k := newKeys(t)
	v, err := auth.NewVerifier(auth.Options{Keys: k.trusted, Audience: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := v.Issue("ada", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := v.Verify(token, now); err != nil || id.User != "ada" {
		t.Errorf("%v, %v", id, err)
	}
	if _, err := v.Issue("a\nb", now, time.Minute); err == nil {
		t.Error("signed for a name with a line break")
	}
	public, err := auth.NewVerifier(auth.Options{Keys: k.trusted[1:], Audience: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := public.Issue("ada", now, time.Minute); err == nil {
		t.Error("signed with a public key")
	}
}

// FuzzVerify: nothing is accepted that was not signed, nothing crashes.
func FuzzVerify(f *testing.F) {
	key, _ := auth.NewSecret("hs", []byte(strings.Repeat("s", 32)))
	v, _ := auth.NewVerifier(auth.Options{Keys: []auth.Key{key}, Audience: "chat"})
	good, _ := v.Issue("ada", now, time.Minute)
	f.Add(good)
	f.Add("..")
	f.Add(good + "\n")
	f.Add(good[:8] + "\r\n" + good[8:])
	f.Add(good[:len(good)-1] + "=")
	f.Add(`eyJhbGciOiJub25lIn0.e30.`)
	f.Fuzz(func(t *testing.T, token string) {
		if id, err := v.Verify(token, now); err == nil && token != good {
			t.Errorf("accepted %q as %v", token, id)
		}
	})
}
