package server

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
)

// keys decide who gets the token of the run: the user's programs, by a file that only they can read, and the user's browsers,
// by a one-time key in a URL. Such a browser gets two secrets, and needs both: a cookie, which no script can read, but every other
// server on this host receives, since cookies ignore ports; and a page key in the storage of the origin, which has a port.
type keys struct {
	program string // for the file
	cookie  string
	page    string
	name    string // of the cookie: servers at other ports of the host have theirs beside it
	secure  bool   // the cookie is for https only

	mu   sync.Mutex
	once string            // the one-time key that is valid now
	used func(next string) // called when one was used; nil for none
}

// newKeys derives the keys from a secret, so that a browser stays logged in while -dev restarts the server; "" means a random one.
func newKeys(c Config) *keys {
	secret := c.Secret
	if secret == "" {
		secret = rand.Text()
	}
	derive := func(what string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = mac.Write([]byte(what)) // a hash takes everything
		return hex.EncodeToString(mac.Sum(nil))
	}
	return &keys{
		program: derive("program"), cookie: derive("cookie"), page: derive("page"),
		name: "tetherscope-" + portText(c.Addr), secure: c.TLS, once: rand.Text(),
	}
}

// oneTime returns the one-time key that is valid now.
func (k *keys) oneTime() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.once
}

// use reports whether a one-time key is the valid one, and replaces it then.
func (k *keys) use(key string) bool {
	k.mu.Lock()
	if !same(key, k.once) {
		k.mu.Unlock()
		return false
	}
	k.once = rand.Text()
	next, used := k.once, k.used
	k.mu.Unlock()
	if used != nil {
		used(next)
	}
	return true
}

// admit answers a page's request with a one-time key in its query. The browser is given the cookie and, in the page itself, the page key,
// so that the fragment of its address, such as #rec=12, stays as it is: in a redirect's address the page key would replace it. With a wrong
// key the browser is led to the page without one, which says so itself if the browser has no other.
func (k *keys) admit(w http.ResponseWriter, r *http.Request, page []byte) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet || !k.use(r.URL.Query().Get("key")) {
		to := url.URL{Path: r.URL.Path}
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: k.name, Value: k.cookie, Path: feed.SessionPath, HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteStrictMode,
	})
	w.Header().Set("Content-Type", mimeTypes[".html"])
	_, _ = w.Write(withPageKey(page, k.page)) // a client that has left is no error
}

// withPageKey returns a page with the page key where static/key.js looks for it.
func withPageKey(page []byte, key string) []byte {
	head, title, _ := strings.Cut(string(page), "<title")
	return []byte(head + `<meta name="tetherscope-key" content="` + key + `">` + "\n  <title" + title)
}

// admits reports whether a request has the key of the user's programs, or both of a browser's.
func (k *keys) admits(r *http.Request) bool {
	fields := r.Header.Values(feed.KeyHeader)
	if len(fields) != 1 {
		return false
	}
	return same(fields[0], k.program) || same(fields[0], k.page) && k.hasCookie(r)
}

func (k *keys) hasCookie(r *http.Request) bool {
	for _, c := range r.CookiesNamed(k.name) { // a server at another port can set one of the name, too
		if same(c.Value, k.cookie) {
			return true
		}
	}
	return false
}

// same compares in the same time wherever the two differ.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
