package fleet

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Bounds of a secret in bytes.
const (
	minSecret = 32
	maxSecret = 4096
)

// Secret is what the nodes of a fleet share. It is never sent.
type Secret []byte

// ReadSecret reads a secret from a file, without white space around it. It has to have 32 bytes at least, and no other user may read the
// file.
func ReadSecret(name string) (Secret, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by other users: chmod 600 it", name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return nil, err
	}
	s := Secret(bytes.TrimSpace(text))
	if len(s) < minSecret || len(text) > maxSecret {
		return nil, fmt.Errorf("%s holds %d bytes: a secret has 32 at least, drawn at random, and 4096 at most", name, len(text))
	}
	return s, nil
}

// The roles of the two ends: the proof of one is none of the other.
const (
	roleReader = "tetherscope fleet 1 reader"
	roleServer = "tetherscope fleet 1 server"
)

// prove returns the proof that an end in a role knows the secret, for the certificate of the connection and the numbers that both ends have
// drawn.
func (s Secret) prove(role, certificate, server, reader string) []byte {
	mac := hmac.New(sha256.New, s)
	for _, part := range []string{role, certificate, server, reader} {
		_, _ = mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // a hash takes everything
		_, _ = mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// proves reports whether proof is that of prove. It takes the same time wherever they differ.
func (s Secret) proves(proof []byte, role, certificate, server, reader string) bool {
	return hmac.Equal(proof, s.prove(role, certificate, server, reader))
}

// draw returns a number that is used once.
func draw() string { return rand.Text() }
