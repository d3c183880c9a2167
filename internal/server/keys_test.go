// These tests prove that the token is for the user that runs the server: for programs that can read the key's file, and for browsers
// that were opened with a one-time key, each of which works once; and that neither of a browser's two secrets is enough.
package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/userkey"
	"github.com/tetherscope/tetherscope/scope"
)

// login opens a page with a one-time key and returns the cookie, "" for none, and the page key.
func (s *running) login(t *testing.T, path string, fields ...string) (cookie, page string) {
	t.Helper()
	res, body := s.get(t, "GET", path, fields...)
	if strings.Contains(body, s.Token()) {
		t.Errorf("%s answers with the token", path)
	}
	if set := res.Header.Get("Set-Cookie"); set != "" {
		cookie, _, _ = strings.Cut(set, ";")
		for _, want := range []string{"; HttpOnly", "; SameSite=Strict", "; Path=/api/session"} {
			if !strings.Contains(set, want) {
				t.Errorf("the cookie is without %q: %s", want, set)
			}
		}
	}
	if res.Header.Get("Location") != "" && (cookie != "" || strings.Contains(res.Header.Get("Location"), "#")) {
		t.Errorf("the redirect to %s would replace the fragment of the address", res.Header.Get("Location"))
	}
	_, page, _ = strings.Cut(body, `<meta name="tetherscope-key" content="`)
	page, _, _ = strings.Cut(page, `"`)
	return cookie, page
}

// TestAOneTimeKeyWorksOnce: it gives one browser the token, under the server's own Host, and no second one; the next one does.
func TestAOneTimeKeyWorksOnce(t *testing.T) {
	s := start(t, nil)
	path := s.LoginPath("/panel/")
	for _, fields := range []string{"Host: evil.test", "X-Forwarded-For: 127.0.0.1", "Via: 1.1 x"} {
		if cookie, page := s.login(t, path, fields); cookie != "" || page != "" {
			t.Errorf("with %s: %s %s", fields, cookie, page)
		}
	}
	if res, _ := s.get(t, "HEAD", path); res.Header.Get("Set-Cookie") != "" {
		t.Error("a HEAD request uses the key")
	}
	for _, key := range []string{"", "x", s.Token(), s.ProgramKey()} {
		if cookie, page := s.login(t, "/panel/?key="+key); cookie != "" || page != "" {
			t.Errorf("with the key %q: %s %s", key, cookie, page)
		}
	}
	cookie, page := s.login(t, path)
	if cookie == "" || page == "" {
		t.Fatal("the key gives nothing")
	}
	if again, other := s.login(t, path); again != "" || other != "" {
		t.Errorf("the key works twice: %s %s", again, other)
	}
	if next, _ := s.login(t, s.LoginPath("/")); next != cookie {
		t.Errorf("the next key gives %q, not %q", next, cookie)
	}
	for name, c := range map[string]struct {
		fields []string
		status int
	}{
		"both":                        {[]string{"Cookie: " + cookie, feed.KeyHeader + ": " + page}, 200},
		"both, and another's cookie":  {[]string{"Cookie: " + s.keys.name + "=x; " + cookie, feed.KeyHeader + ": " + page}, 200},
		"the cookie":                  {[]string{"Cookie: " + cookie}, 403},
		"the cookie, twice":           {[]string{"Cookie: " + cookie, feed.KeyHeader + ": " + strings.TrimPrefix(cookie, s.keys.name+"=")}, 403},
		"the page key":                {[]string{feed.KeyHeader + ": " + page}, 403},
		"the page key as the cookie":  {[]string{"Cookie: " + s.keys.name + "=" + page, feed.KeyHeader + ": " + page}, 403},
		"the program's key":           {[]string{feed.KeyHeader + ": " + s.ProgramKey()}, 200},
		"two keys":                    {[]string{feed.KeyHeader + ": " + s.ProgramKey(), feed.KeyHeader + ": x"}, 403},
		"the token":                   {[]string{feed.TokenHeader + ": " + s.Token()}, 200},
		"nothing":                     {nil, 403},
		"both, by a foreign page":     {[]string{"Cookie: " + cookie, feed.KeyHeader + ": " + page, "Origin: http://127.0.0.1:1"}, 403},
		"both, by a page of the site": {[]string{"Cookie: " + cookie, feed.KeyHeader + ": " + page, "Sec-Fetch-Site: same-site"}, 403},
	} {
		res, body := s.get(t, "GET", feed.SessionPath, c.fields...)
		if res.StatusCode != c.status || strings.Contains(body, s.Token()) != (c.status == 200) {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}

// TestASecretKeepsBrowsersLoggedIn: servers of one secret, as -dev starts them one after the other, take each other's keys, and their
// tokens differ; a server without one takes none.
func TestASecretKeepsBrowsersLoggedIn(t *testing.T) {
	with := func(c *Config) { c.Secret = "s" }
	first := start(t, with)
	cookie, page := first.login(t, first.LoginPath("/"))
	value := strings.TrimPrefix(cookie, first.keys.name)
	for name, c := range map[string]struct {
		change func(*Config)
		status int
	}{"the same": {with, 200}, "none": {nil, 403}} {
		s := start(t, c.change)
		res, body := s.get(t, "GET", feed.SessionPath, "Cookie: "+s.keys.name+value, feed.KeyHeader+": "+page)
		if res.StatusCode != c.status || strings.Contains(body, first.Token()) {
			t.Errorf("secret %s: %s", name, res.Status)
		}
	}
}

// lockedBuffer can be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// keyDir returns a folder for key files in which clients of the process look.
func keyDir(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	dir, err := userkey.Dir(os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTheKeyFile: the server leaves its key in a file of the user's alone, with which a Go client finds it, by its address and by
// localhost; the printed addresses carry a one-time key, and the next one is printed when it was used. At its end the file is gone.
func TestTheKeyFile(t *testing.T) {
	dir := keyDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	var out lockedBuffer
	ready, done := make(chan string, 1), make(chan error, 1)
	cfg := Config{Addr: "127.0.0.1:0", Assets: testAssets, KeyDir: dir}
	go func() { done <- Run(ctx, cfg, &out, func(url string) { ready <- url }) }()
	url := strings.TrimSuffix(await.Receive(t, ready), "/")
	for _, at := range []string{url, strings.Replace(url, "127.0.0.1", "localhost", 1)} {
		if _, err := scope.Dial(t.Context(), at); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	first := regexp.MustCompile(`panel +(\S+/panel/\?key=\S+)`).FindStringSubmatch(out.String())
	if first == nil {
		t.Fatal(out.String())
	}
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Get(first[1])
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.Header.Get("Set-Cookie") == "" || !strings.Contains(out.String(), "For another one:  "+url+"/panel/?key=") {
		t.Errorf("%v\n%s", res.Header, out.String())
	}
	stay.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := await.Receive(t, done); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestTheDoorwayIsPrivate: what -open hands to the system's opener is a file of the user's alone, and not the key, which every user
// could read in the list of processes.
func TestTheDoorwayIsPrivate(t *testing.T) {
	s := start(t, func(c *Config) { c.KeyDir = t.TempDir() })
	at := s.doorway("http://" + s.addr + "/")
	name := strings.TrimPrefix(at, "file://")
	text, err := os.ReadFile(name)
	info, statErr := os.Stat(name)
	if err != nil || statErr != nil || info.Mode().Perm() != 0o600 || !bytes.Contains(text, []byte(s.addr+s.LoginPath("/"))) {
		t.Errorf("%s: %v, %v\n%s", at, err, info.Mode(), text)
	}
	s.cfg.KeyDir = filepath.Join(name, "no-folder")
	if at := s.doorway("http://x/"); strings.Contains(at, "key=") {
		t.Errorf("without a file the key is shown: %s", at)
	}
}

// TestTheTokenStaysWithTheUser: no other answer of the server has the token or a key, and a session has no key.
func TestTheTokenStaysWithTheUser(t *testing.T) {
	s := start(t, nil)
	for _, path := range everyPath {
		_, body := s.get(t, "GET", path)
		for name, secret := range map[string]string{"token": s.Token(), "program's key": s.ProgramKey(), "page key": s.keys.page, "cookie": s.keys.cookie, "one-time key": s.keys.oneTime()} {
			if strings.Contains(body, secret) {
				t.Errorf("%s has the %s", path, name)
			}
		}
	}
	_, body := s.get(t, "GET", feed.SessionPath, feed.KeyHeader+": "+s.ProgramKey())
	var session map[string]any
	if err := json.Unmarshal([]byte(body), &session); err != nil || strings.Contains(body, s.ProgramKey()) {
		t.Error(err, body)
	}
}
