package forward

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

const (
	// leafLife is how long a leaf certificate is valid. The authority, which ends with the program, is valid for longer.
	leafLife      = 24 * time.Hour
	authorityLife = 90 * 24 * time.Hour

	// skew is how far the clock of a client may be behind ours.
	skew = time.Hour

	// maxLeaves bounds the certificates that are kept. Making one takes a tenth of a millisecond.
	maxLeaves = 1000

	// maxCommonName is the length of a common name (RFC 5280 appendix A.1). Longer host names stand in the alternative names only.
	maxCommonName = 64
)

// Authority signs leaf certificates for the hosts whose connections are read. Its key is in memory only. Its methods may be called
// from any goroutine.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  func() time.Time

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// NewAuthority makes an authority with a new key.
func NewAuthority() (*Authority, error) { return newAuthority(time.Now) }

func newAuthority(now func() time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	from := now().Add(-skew)
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "tetherscope, this run only"},
		NotBefore:    from,
		NotAfter:     from.Add(authorityLife),
		KeyUsage:     x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:         true, MaxPathLenZero: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("signing the authority's certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Authority{cert: cert, key: key, now: now, leaves: map[string]*tls.Certificate{}}, nil
}

func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	return serial, nil
}

// PEM returns the authority's certificate, which is no secret, for clients to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// SPKI returns the SHA-256 of the authority's public key in base64, as Chromium's --ignore-certificate-errors-spki-list wants it.
func (a *Authority) SPKI() string {
	sum := sha256.Sum256(a.cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Leaf returns a certificate for a host name or an IP address, and the authority's behind it.
func (a *Authority) Leaf(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if kept := a.leaves[host]; kept != nil && a.now().Before(kept.Leaf.NotAfter.Add(-skew)) {
		return kept, nil
	}
	leaf, err := a.sign(host)
	if err != nil {
		return nil, err
	}
	if len(a.leaves) >= maxLeaves {
		clear(a.leaves) // making them again costs less than remembering which were used last
	}
	a.leaves[host] = leaf
	return leaf, nil
}

// sign makes a certificate. All of one authority are for the same key: that is one key less to make for each host.
func (a *Authority) sign(host string) (*tls.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	from := a.now().Add(-skew)
	template := &x509.Certificate{
		SerialNumber: serial,
		NotBefore:    from,
		NotAfter:     from.Add(skew + leafLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	if len(host) <= maxCommonName {
		template.Subject.CommonName = host
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, a.key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate for %s: %w", host, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: a.key, Leaf: leaf}, nil
}
