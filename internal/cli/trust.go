package cli

import (
	"crypto/tls"
	"errors"
	"flag"
	"net/http"

	"github.com/tetherscope/tetherscope/scope"
)

// trust is whose certificates a command takes.
type trust struct {
	io       *IO
	ca       string // file
	insecure bool
}

func (t *trust) register(f *flag.FlagSet) {
	f.StringVar(&t.ca, "ca", "", "trust only the certificates in this `file`, in PEM: what the server's -tls-ca wrote")
	f.BoolVar(&t.insecure, "insecure", false, "do not verify the server's certificate")
}

// config returns the TLS that is wanted, and says aloud when that is none worth its name.
func (t *trust) config() (*tls.Config, error) {
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
	case t.insecure:
		t.io.say("Warning: the server's certificate is NOT verified (-insecure). Whoever is between here and the server can read and\n" +
			"change everything, passwords included.\n")
		c.InsecureSkipVerify = true
	}
	return c, nil
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
func (t *trust) client() (*http.Client, error) {
	c, err := t.config()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = c
	transport.ForceAttemptHTTP2 = false
	return &http.Client{Transport: transport}, nil
}
