package tlsdecrypt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// recording is what passed on a connection, in order, as a network interface would have seen it.
type recording struct {
	net.Conn
	mu     sync.Mutex
	pieces []piece
	client bool // the connection is the client's
}

type piece struct {
	who  int // 0 is the client
	data []byte
}

func (r *recording) Write(p []byte) (int, error) { r.add(r.client, p); return r.Conn.Write(p) }

func (r *recording) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.add(!r.client, p[:n])
	return n, err
}

func (r *recording) add(client bool, p []byte) {
	if len(p) == 0 {
		return
	}
	who := 1
	if client {
		who = 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces = append(r.pieces, piece{who, bytes.Clone(p)})
}

func (r *recording) taken() []piece {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]piece(nil), r.pieces...)
}

// lockedBuffer is a key log that both ends may write to.
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

// certificate returns a self-signed certificate with an ECDSA or an RSA key.
func certificate(t testing.TB, withRSA bool) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	var c tls.Certificate
	var public any
	if withRSA {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		c.PrivateKey, public = key, key.Public()
	} else {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c.PrivateKey, public = key, key.Public()
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	c.Certificate = [][]byte{der}
	return c
}

// decrypt feeds pieces and returns what each end sent.
func decrypt(log *KeyLog, pieces []piece) (out [2]string, err error) {
	c := New(log, nil)
	plain := func(who int, data []byte, _ Lost, _ int64) { out[who] += string(data) }
	for i, p := range pieces {
		if err := c.Feed(p.who, p.data, int64(i), plain); err != nil {
			return out, err
		}
	}
	return out, c.End(plain)
}

// keyLog returns the key log of a text.
func keyLog(t testing.TB, text string) *KeyLog {
	t.Helper()
	k := NewKeyLog(nil)
	if err := k.Read(bytes.NewReader([]byte(text))); err != nil {
		t.Fatal(err)
	}
	return k
}
