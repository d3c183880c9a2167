package app_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// TestALogoutOutlivesTheProcess: with a file, a token that a logout has revoked is refused by the next process too, and another one of the
// user is not; no other user may read or write the file.
func TestALogoutOutlivesTheProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "revoked")
	n := start(t, app.Config{Revoked: file})
	token, other := n.token("ada", time.Hour), n.token("ada", 2*time.Hour)
	p := dial(t, n.url, "/ws/chat?token="+token, nil)
	p.expect(chat.TypeWelcome)
	p.say(message{"type": "logout"})
	p.expectClosed(4002, "Logged out")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if text, _ := os.ReadFile(file); strings.Contains(string(text), token[:20]) || strings.Contains(string(text), "ada") {
		t.Errorf("the file shows the token or its user: %s", text)
	}
	again := start(t, app.Config{Revoked: file})
	if code, reason := dial(t, again.url, "/ws/chat?token="+token, nil).closedOrWelcomed(); code != 4002 || reason != "Logged out" {
		t.Errorf("after a restart: %d %q", code, reason)
	}
	dial(t, again.url, "/ws/chat?token="+other, nil).expect(chat.TypeWelcome)
	forgetful := start(t, app.Config{})
	dial(t, forgetful.url, "/ws/chat?token="+token, nil).expect(chat.TypeWelcome) // so it is the file that does it
}

// TestExpiredRevocationsLeaveTheFile: at the next start.
func TestExpiredRevocationsLeaveTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "revoked")
	digest := strings.Repeat("0a", 32)
	writeFile(t, file, "tetherscope revoked tokens 1\n"+digest+" 1763900000000\n"+digest[2:]+"ff 4102444800000\n")
	start(t, app.Config{Revoked: file})
	text, err := os.ReadFile(file)
	if want := "tetherscope revoked tokens 1\n" + digest[2:] + "ff 4102444800000\n"; err != nil || string(text) != want {
		t.Errorf("%q, %v", text, err)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestADamagedFileOfRevocationsIsRefused: the server does not start with it, says which line of which file is damaged, and leaves it as it
// is. Nor does it start where it cannot write.
func TestADamagedFileOfRevocationsIsRefused(t *testing.T) {
	const head, good = "tetherscope revoked tokens 1\n", "0000000000000000000000000000000000000000000000000000000000000000 4102444800000"
	for text, want := range map[string]string{
		"":                                 "line 1",
		"\n":                               "line 1",
		"something else\n":                 "line 1",
		head[:20]:                          "line 1",
		head + good:                        "line 2",
		head + good + "\n" + good[:30]:     "line 3",
		head + good[1:] + "\n":             "line 2",
		head + "\n":                        "line 2",
		head + good + "x\n":                "line 2",
		head + strings.Repeat("x", 100000): "line 2",
		head + good[:65] + "-1\n":          "line 2",
	} {
		file := filepath.Join(t.TempDir(), "revoked")
		writeFile(t, file, text)
		_, err := app.New(app.Config{Revoked: file})
		if err == nil || !strings.Contains(err.Error(), want+" of "+file) {
			t.Errorf("%.40q: %v", text, err)
		}
		if after, _ := os.ReadFile(file); string(after) != text {
			t.Errorf("%.40q was changed to %.40q", text, after)
		}
	}
	nowhere := filepath.Join(t.TempDir(), "none", "revoked")
	if _, err := app.New(app.Config{Revoked: nowhere}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
	if _, err := app.New(app.Config{Revoked: t.TempDir()}); err == nil {
		t.Error("a folder was taken for the file")
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
