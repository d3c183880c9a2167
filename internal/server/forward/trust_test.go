package forward

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestPinnedClientsPass: a client that refuses our certificate gets the server's own at its next try, the host is named once, and
// nothing of it is recorded.
func TestPinnedClientsPass(t *testing.T) {
	server := echo(true)
	defer server.Close()
	s := stand(t, server, nil)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := s.client(nil)
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if res, err := client.Get(server.URL); err == nil {
		_ = res.Body.Close()
		t.Fatal("the client took a certificate that it does not trust")
	}
	notice := await.Receive(t, s.notices)
	if !strings.Contains(notice, "127.0.0.1: a client refused the certificate") {
		t.Errorf("the notice is %q", notice)
	}
	res, err := client.Get(server.URL)
	if err != nil {
		t.Fatalf("the second try: %v", err)
	}
	_ = res.Body.Close()
	if all := s.Hosts(); len(all) != 1 || !strings.Contains(all[0].Passed, "passed through") {
		t.Errorf("the hosts are %+v", all)
	}
}

// TestUnverifiedServersAreNamed: a server whose certificate is not accepted is named with the reason and the flag, once.
func TestUnverifiedServersAreNamed(t *testing.T) {
	server := echo(true)
	defer server.Close()
	s := stand(t, server, func(o *Options) { o.Upstream.TLS = nil })
	for range 2 {
		res, err := s.client(nil).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != http.StatusBadGateway {
			t.Errorf("the answer is %s", res.Status)
		}
	}
	notice := await.Receive(t, s.notices)
	if !strings.Contains(notice, "127.0.0.1: its certificate is not accepted (x509: ") || !strings.Contains(notice, "-insecure-upstream") {
		t.Errorf("the notice is %q", notice)
	}
	if n := len(s.notices); n > 0 {
		t.Errorf("%d more notices", n)
	}
}

// TestPassAndOnly: TLS of hosts that are not to be read is that of the server itself.
func TestPassAndOnly(t *testing.T) {
	server := echo(true)
	defer server.Close()
	for name, c := range map[string]struct {
		pass, only string
		read       bool
	}{"all": {"", "", true}, "-pass": {"127.0.0.1", "", false}, "-proxy-only another": {"", "*.example.com", false}, "-proxy-only": {"", "127.0.0.1", true}} {
		s := stand(t, server, func(o *Options) {
			var err error
			if o.Pass, err = ParsePatterns(c.pass); err != nil {
				t.Fatal(err)
			}
			if o.Only, err = ParsePatterns(c.only); err != nil {
				t.Fatal(err)
			}
		})
		client := s.client(nil)
		client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		res, err := client.Get(server.URL)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = res.Body.Close()
		if own := res.TLS.PeerCertificates[0].Equal(server.Certificate()); own == c.read {
			t.Errorf("%s: the server's own certificate: %t", name, own)
		}
	}
}
