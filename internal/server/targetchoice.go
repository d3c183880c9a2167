package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
)

// TargetChoice is what can be chosen for one target.
type TargetChoice struct {
	Port     uint16         // of its listener; 0: see [addrsFor]
	Insecure bool           // its certificate is not verified
	CA       *x509.CertPool // what it is verified by; nil for the system's roots
	CAFile   string         // where CA was read; "" when it was given in the panel
}

// tls returns the choice of trust; nil for none.
func (c TargetChoice) tls() *tls.Config {
	switch {
	case c.Insecure:
		return unverified()
	case c.CA != nil:
		return &tls.Config{RootCAs: c.CA, MinVersion: tls.VersionTLS12}
	}
	return nil
}

// flags returns what of the command line makes a target with this choice.
func (c TargetChoice) flags(t proxy.Target) string {
	text := "-target " + t.Name + "=" + t.String()
	if c.Port != 0 {
		text += " -target-port " + t.Name + "=" + strconv.Itoa(int(c.Port))
	}
	switch {
	case c.Insecure:
		text += " -target-insecure " + t.Name
	case c.CAFile != "":
		text += " -target-ca " + t.Name + "=" + c.CAFile
	case c.CA != nil:
		text += " -target-ca " + t.Name + "=FILE"
	}
	return text
}

// adviceFor says why a target was not reached, and which flag or switch of the panel helps.
func adviceFor(t proxy.Target, err error) string {
	var certificate *tls.CertificateVerificationError
	var name x509.HostnameError
	var notTLS tls.RecordHeaderError
	var lookup *net.DNSError
	advice := ""
	switch {
	case errors.As(err, &name):
		advice = "the certificate is for another name: write that name in -target, or do not verify it: Insecure in the panel, -target-insecure " + t.Name
	case errors.As(err, &certificate):
		advice = "give the authority's certificate: Certificates in the panel, -target-ca " + t.Name + "=FILE; or do not verify it: Insecure, -target-insecure " + t.Name
	case errors.As(err, &notTLS):
		advice = "the server may speak no TLS there: try ws:// or http:// in -target"
	case errors.As(err, &lookup):
		advice = "check the name in -target, and that this machine can resolve it"
	case errors.Is(err, syscall.ECONNREFUSED):
		advice = "nothing listens there: start that server, or check the port in -target"
	default:
		return err.Error()
	}
	return fmt.Sprintf("%v: %s", err, advice)
}

// refusalAdvice says which flag may help against a refused handshake, "" for none. replaced says that the target gets its own Origin.
func refusalAdvice(replaced bool, r *http.Request, status int) string {
	text := fmt.Sprintf("the target refused the last handshake with status %d", status)
	switch {
	case status == http.StatusForbidden && !replaced && origin.Browser(r):
		return text + ": if it checks Origin, -target-origin gives it its own"
	case status == http.StatusBadRequest:
		return text + ": it may speak TLS there: try wss:// or https:// in -target"
	}
	return text
}
