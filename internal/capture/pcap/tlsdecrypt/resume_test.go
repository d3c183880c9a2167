package tlsdecrypt

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestLostBytes: where a capture lacks bytes behind the handshake, decryption goes on with a record behind them, and says how many bytes of
// data are missing: what is decrypted and what is missing are together what was sent, for every kind of cipher.
func TestLostBytes(t *testing.T) {
	certificates := []tls.Certificate{certificate(t, false), certificate(t, true)}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for _, suite := range []uint16{0, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA} {
		var log lockedBuffer
		client := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log}
		server := &tls.Config{Certificates: certificates}
		if suite != 0 {
			client.MaxVersion, client.CipherSuites, server.CipherSuites = tls.VersionTLS12, []uint16{suite}, []uint16{suite}
		}
		pieces := exchange(t, client, server, 1)[0]
		keys := keyLog(t, log.String())
		whole, err := decrypt(keys, pieces)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			checkLost(t, keys, pieces, whole, random, fmt.Sprintf("suite %#x, seed %d", suite, seed))
		}
	}
}

// checkLost drops a part of what one end sent behind the handshake.
func checkLost(t *testing.T, keys *KeyLog, pieces []piece, whole [2]string, random *rand.Rand, what string) {
	t.Helper()
	var got [2]string
	c := New(keys, nil)
	exact := true
	plain := func(who int, data []byte, lost Lost, _ int64) {
		exact = exact && (lost.Bytes == 0 || lost.Exact)
		got[who] += strings.Repeat("?", int(lost.Bytes)) + string(data)
	}
	who, from := random.IntN(2), 8000+random.IntN(20000)
	to := from + 1 + random.IntN(1+random.IntN(20000))
	var at [2]int
	for i, p := range pieces {
		begin, end := at[p.who], at[p.who]+len(p.data)
		at[p.who] = end
		if p.who != who || end <= from || begin >= to {
			if err := c.Feed(p.who, p.data, int64(i), plain); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			continue
		}
		a, b := max(from-begin, 0), min(to-begin, len(p.data))
		_ = c.Feed(p.who, p.data[:a], int64(i), plain)
		c.Lose(p.who, uint64(b-a))
		_ = c.Feed(p.who, p.data[b:], int64(i), plain)
	}
	if err := c.End(plain); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if got[1-who] != whole[1-who] {
		t.Errorf("%s: the other end is not whole", what)
	}
	if exact && !same(got[who], whole[who]) || strings.Count(got[who], "?") == len(got[who]) {
		t.Errorf("%s: of bytes %d to %d missing: %d of %d bytes, %d missing", what, from, to, len(got[who]), len(whole[who]), strings.Count(got[who], "?"))
	}
}

// same reports whether a text is another one with question marks for what is missing.
func same(got, want string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i] != '?' && got[i] != want[i] {
			return false
		}
	}
	return true
}
