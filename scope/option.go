package scope

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
)

// Option says how a client reaches its server.
type Option func(*Client)

// WithRoots makes the client trust the certificates of roots, and nothing that the system trusts. A server that runs with
// -tls signs its own; its -tls-ca writes it to a file, which [Roots] reads.
func WithRoots(roots *x509.CertPool) Option {
	return func(c *Client) {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		c.http.Transport = t
	}
}

// WithHTTP makes the client use the transport, cookies and timeout of h: for TLS of the caller's own choice, or a proxy.
// Redirects are not followed all the same. A timeout ends repetitions, too.
func WithHTTP(h *http.Client) Option {
	return func(c *Client) {
		own := *h
		own.CheckRedirect = c.http.CheckRedirect
		c.http = &own
	}
}

// Roots reads certificates in PEM from a file.
func Roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return pool, nil
}
