package server

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// TestLaunchFlags: what browse, run and attach take, and what each of them says of a command line that is wrong.
func TestLaunchFlags(t *testing.T) {
	o, err := ParseRun([]string{"-ring", "8", "--", "sh", "-c", "-x"}, noEnvironment, io.Discard)
	if err != nil || !slices.Equal(o.rest, []string{"sh", "-c", "-x"}) || o.Addr != "127.0.0.1:0" || o.Forward.Addr != "127.0.0.1:0" || o.RingSize != 8<<20 {
		t.Errorf("run: %+v, %v", o, err)
	}
	o, err = ParseBrowse([]string{"-addr", "127.0.0.1:9", "-browser-args", "--a --b", "https://example.com/"}, noEnvironment, io.Discard)
	if err != nil || !slices.Equal(o.rest, []string{"https://example.com/"}) || o.Addr != "127.0.0.1:9" || !slices.Equal(o.browser.Args, []string{"--a", "--b"}) {
		t.Errorf("browse: %+v, %v", o, err)
	}
	o, err = ParseAttach([]string{"-ring", "8"}, noEnvironment, io.Discard)
	if err != nil || !slices.Equal(o.rest, []string{"ws://127.0.0.1:9222"}) || o.Addr != "127.0.0.1:0" || o.Forward.Addr != "" {
		t.Errorf("attach: %+v, %v", o, err)
	}
	taken := func(name string) (string, bool) { return "127.0.0.1:7316", name == "TETHERSCOPE_ADDR" }
	if o, err = ParseBrowse(nil, taken, io.Discard); err != nil || o.Addr != "127.0.0.1:0" {
		t.Errorf("the address of the environment is not the launch's: %+v, %v", o, err)
	}
	for line, want := range map[string]string{
		"run":                                     "want a command behind --",
		"run --":                                  "want a command behind --",
		"run curl":                                "want a command behind --",
		"browse ftp://x":                          "no URL of a page",
		"browse https://a https://b":              "want one URL",
		"attach a:1 b:1":                          "want one address",
		"attach ftp://x":                          "no address of a browser: want host:port",
		"attach ws://a:1/devtools/page/7":         "is the URL of one page",
		"serve -proxy 8888":                       "is not host:port",
		"serve -proxy 0.0.0.0:8888":               "can be reached from other machines: set -proxy-auth",
		"serve -proxy 127.0.0.1:0 -pass a*b":      "is no host name",
		"serve -pass example.com":                 "-pass needs -proxy ADDR",
		"serve -proxy 127.0.0.1:0 -proxy-auth me": "wants USER:PASSWORD",
		"serve -proxy 127.0.0.1:0 -upstream-proxy socks5://x:1": "is not supported",
		"serve -proxy 127.0.0.1:0 -upstream-proxy http://x":     "names no host and port",
	} {
		words := strings.Fields(line)
		parse := map[string]func([]string, func(string) (string, bool), io.Writer) (*Options, error){"run": ParseRun, "browse": ParseBrowse, "attach": ParseAttach, "serve": ParseFlags}[words[0]]
		if _, err := parse(words[1:], noEnvironment, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// TestIsPanel: a panel of this server is one by whatever name of the machine, and by no other port.
func TestIsPanel(t *testing.T) {
	s := &Server{cfg: Config{Addr: "127.0.0.1:7316"}}
	for page, want := range map[string]bool{
		"http://127.0.0.1:7316/panel/": true, "http://localhost:7316/panel/?key=x#rec=1": true, "http://localhost:7317/panel/": false,
		"http://127.0.0.1:7316/chat.html": false, "": false, "http://[": false,
	} {
		if s.isPanel(page) != want {
			t.Errorf("%q is a panel: %t", page, !want)
		}
	}
}
