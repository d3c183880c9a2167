package cli

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/http"

	"github.com/tetherscope/tetherscope/scope"
)

// tlsFlags are the flags that choose which certificates a command trusts.
type tlsFlags struct {
	io       *IO
	ca       string // file
	insecure bool
	cert     string // file
	key      string // file
	pem      string // certificates themselves, in place of ca; no flag
}

func (t *tlsFlags) register(f *flag.FlagSet) {
	f.StringVar(&t.ca, "ca", "", "trust only the certificates in this `file`, in PEM: what the server's -tls-ca wrote")
	f.StringVar(&t.cert, "cert", "", "the client's certificate, for servers that ask for one: a `file` in PEM, with its chain")
	f.StringVar(&t.key, "cert-key", "", "the private key of -cert, a `file` in PEM (default: it is in the file of -cert)")
	f.BoolVar(&t.insecure, "insecure", false, "do not verify the server's certificate")
}

// config returns the TLS that is wanted, and says aloud when that is none worth its name.
func (t *tlsFlags) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}} // a WebSocket over HTTP/2 is another protocol
	switch {
	case t.ca != "" && t.insecure:
		return nil, errors.New("-ca says whom to trust and -insecure to trust everybody: give one of them")
	case t.ca != "":
		pool, err := scope.Roots(t.ca)
		if err != nil {
			return nil, err
		}
		c.RootCAs = pool
	case t.pem != "":
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM([]byte(t.pem)) {
			return nil, errors.New("ca has no certificate in PEM")
		}
	case t.insecure:
		t.io.notice("Warning: the server's certificate is NOT verified (-insecure). Anyone between here and the server can read and\n" +
			"change everything, passwords included.\n")
		c.InsecureSkipVerify = true
	}
	return c, t.clientCertificate(c)
}

// clientCertificate adds the certificate with which the client says who it is.
func (t *tlsFlags) clientCertificate(c *tls.Config) error {
	if t.cert == "" {
		if t.key != "" {
			return errors.New("-cert-key is the key of a certificate: -cert names it")
		}
		return nil
	}
	pair, err := tls.LoadX509KeyPair(t.cert, cmp.Or(t.key, t.cert))
	if err != nil {
		return fmt.Errorf("-cert %s: %w", t.cert, err)
	}
	c.Certificates = []tls.Certificate{pair}
	return nil
}

// hint says what to do about a certificate that is not trusted.
func hint(err error) string {
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return " (-ca FILE trusts it; -insecure does without)"
	}
	return ""
}

// client returns an HTTP client that trusts so. It goes through no proxy when it asks for loopback.
func (t *tlsFlags) client() (*http.Client, error) {
	c, err := t.config()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = c
	transport.ForceAttemptHTTP2 = false
	return &http.Client{Transport: transport}, nil
}
