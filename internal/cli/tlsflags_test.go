package cli_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/scope"
)

// These tests prove, against a real server with -tls, whom the commands and the Go client trust: no unknown server, unless an option says so.

// secureServer starts the program with -tls, and returns its URL and the file that it wrote its certificate to.
func secureServer(t *testing.T) (url, ca string) {
	t.Helper()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	return serve(t, "-tls", "-tls-ca", ca), ca
}

func TestTheClientTrustsWhatItIsGiven(t *testing.T) {
	url, ca := secureServer(t)
	if !strings.HasPrefix(url, "https://") {
		t.Fatal(url)
	}
	var unknown *tls.CertificateVerificationError
	if _, err := scope.Dial(t.Context(), url); !errors.As(err, &unknown) {
		t.Errorf("without the option: %v", err)
	}
	roots, err := scope.Roots(ca)
	if err != nil {
		t.Fatal(err)
	}
	own := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	for name, option := range map[string]scope.Option{"roots": scope.WithRoots(roots), "an HTTP client": scope.WithHTTP(own)} {
		c, err := scope.Dial(t.Context(), url, option)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if rules, err := c.SetRules(t.Context(), "op:pong => drop"); err != nil || rules == "" {
			t.Errorf("%s: %q, %v", name, rules, err)
		}
	}
	other := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(other, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scope.Roots(other); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("no PEM: %v", err)
	}
}

func TestCommandsTrustWhatTheyAreGiven(t *testing.T) {
	url, ca := secureServer(t)
	dir := t.TempDir()
	echo := strings.Replace(url, "https", "wss", 1) + "/ws/echo"
	const hint, warning = "-ca FILE trusts it; -insecure does without", "Warning: the server's certificate is NOT verified (-insecure)"
	for name, c := range map[string]struct {
		args []string
		code int
		out  string
		err  string
	}{
		"own, unknown":   {[]string{"send", "-url", echo, "-count", "1", "hello"}, 2, "", hint},
		"own, trusted":   {[]string{"send", "-url", echo, "-ca", ca, "-count", "1", "hello"}, 0, `"hello"`, ""},
		"own, insecure":  {[]string{"send", "-url", echo, "-insecure", "-count", "1", "hello"}, 0, `"hello"`, warning},
		"both":           {[]string{"send", "-url", echo, "-insecure", "-ca", ca, "hello"}, 2, "", "give one of them"},
		"record":         {[]string{"record", "-o", "-", "-now", url}, 2, "", hint},
		"record trusted": {[]string{"record", "-o", "a.tscap", "-now", "-ca", ca, url}, 0, "", "records in a.tscap"},
		"lint insecure":  {[]string{"show", "-insecure", "-token", "wrong", url}, 2, "", warning},
		"send":           {[]string{"send", "-server", url, "x"}, 2, "", hint},
		"send trusted":   {[]string{"send", "-server", url, "-ca", ca, "-conn", "99", "x"}, 2, "", "open connection"},
		"no file":        {[]string{"send", "-server", url, "-ca", "none.pem", "x"}, 2, "", "none.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, dir, "", c.args...)
			if got.code != c.code || !strings.Contains(got.out, c.out) || !strings.Contains(got.err, c.err) || c.err == "" && got.err != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}
