package tlsdecrypt

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"
)

// exchange has a Go client and a Go server say something to each other over a loopback connection, and returns the recordings of
// so many connections with the same configuration.
func exchange(t testing.TB, client, server *tls.Config, conns int) (list [][]piece) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(time.Minute))
				s := tls.Server(c, server)
				b := make([]byte, 5)
				if _, err := io.ReadFull(s, b); err == nil {
					_, _ = s.Write([]byte("answer to " + string(b)))
				}
				_, _ = io.Copy(s, s)
				_ = s.Close()
			}()
		}
	}()
	for i := range conns {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.SetDeadline(time.Now().Add(time.Minute))
		r := &recording{Conn: nc, client: true}
		c := tls.Client(r, client)
		said := fmt.Sprint("ask", i, " ", strings.Repeat("long ", 10_000))
		go func() {
			_, err = c.Write([]byte(said))
			_ = c.CloseWrite()
		}()
		if b, err := io.ReadAll(c); err != nil || string(b) != answer(said) {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		_ = c.Close()
		list = append(list, r.taken())
		if i > 0 && client.ClientSessionCache != nil && !c.ConnectionState().DidResume {
			t.Fatal("the session was not resumed")
		}
	}
	return list
}

func answer(said string) string { return "answer to " + said[:5] + said[5:] }

// TestGoPrograms: what Go clients and servers say to each other is decrypted with their key log, for both versions, every
// cipher suite that they can be made to use, and resumed sessions.
func TestGoPrograms(t *testing.T) {
	type setting struct {
		name    string
		version uint16
		suite   uint16
		rsa     bool
		resumed bool
	}
	var all []setting
	for _, resumed := range []bool{false, true} {
		all = append(all, setting{"TLS 1.3", tls.VersionTLS13, 0, false, resumed})
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			_, known := suites[s.ID]
			if known && s.SupportedVersions[0] == tls.VersionTLS12 {
				all = append(all, setting{s.Name, tls.VersionTLS12, s.ID, !strings.Contains(s.Name, "ECDSA"), resumed})
			}
		}
	}
	certificates := map[bool]tls.Certificate{false: certificate(t, false), true: certificate(t, true)}
	for _, s := range all {
		t.Run(fmt.Sprint(s.name, " resumed ", s.resumed), func(t *testing.T) {
			var log lockedBuffer
			client := &tls.Config{InsecureSkipVerify: true, MinVersion: s.version, MaxVersion: s.version, KeyLogWriter: &log}
			server := &tls.Config{Certificates: []tls.Certificate{certificates[s.rsa]}, MinVersion: s.version, MaxVersion: s.version}
			if s.suite != 0 {
				client.CipherSuites, server.CipherSuites = []uint16{s.suite}, []uint16{s.suite}
			}
			conns := 1
			if s.resumed {
				conns, client.ClientSessionCache = 2, tls.NewLRUClientSessionCache(1)
			}
			list := exchange(t, client, server, conns)
			keys := keyLog(t, log.String())
			for i, pieces := range list {
				got, err := decrypt(keys, pieces)
				if err != nil || !strings.HasPrefix(got[0], fmt.Sprint("ask", i)) || got[1] != answer(got[0]) {
					t.Errorf("connection %d: %v: %.40q %.40q", i, err, got[0], got[1])
				}
			}
		})
	}
}

// TestSplits: however the bytes are cut into segments, the plaintext is the same; and secrets that come later, while packets pass
// or behind all of them, do as well.
func TestSplits(t *testing.T) {
	var log lockedBuffer
	config := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log}
	pieces := exchange(t, config, &tls.Config{Certificates: []tls.Certificate{certificate(t, false)}}, 1)[0]
	want, err := decrypt(keyLog(t, log.String()), pieces)
	if err != nil || len(want[0]) < 50_000 {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 30 {
		var cut []piece
		for _, p := range pieces {
			for len(p.data) > 0 {
				n := min(1+random.IntN(1+random.IntN(3000)), len(p.data))
				cut = append(cut, piece{p.who, p.data[:n]})
				p.data = p.data[n:]
			}
		}
		late := random.IntN(len(cut))
		at := 0
		var keys *KeyLog
		lines := strings.Split(log.String(), "\n")
		keys = NewKeyLog(func() {
			if at++; at > late%200 && len(lines) > 0 {
				keys.Add(lines[0])
				lines = lines[1:]
			}
		})
		keys.Add("CLIENT_RANDOM " + strings.Repeat("ab", 32) + " " + strings.Repeat("cd", 48)) // of another connection
		if got, err := decrypt(keys, cut); err != nil || got != want {
			t.Fatalf("seed %d: %v, %d and %d bytes", seed, err, len(got[0]), len(got[1]))
		}
	}
}

// TestOnlyTrafficSecrets: a key log without the secrets of the handshake is enough.
func TestOnlyTrafficSecrets(t *testing.T) {
	var log lockedBuffer
	config := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log}
	pieces := exchange(t, config, &tls.Config{Certificates: []tls.Certificate{certificate(t, false)}}, 1)[0]
	keys := NewKeyLog(nil)
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "_TRAFFIC_SECRET_0") {
			keys.Add(line)
		}
	}
	if got, err := decrypt(keys, pieces); err != nil || got[1] != answer(got[0]) {
		t.Errorf("%v: %.40q %.40q", err, got[0], got[1])
	}
}

// TestWithoutSecrets: what cannot be decrypted says why, keeps no more than its bound, and gives its memory back.
func TestWithoutSecrets(t *testing.T) {
	var log lockedBuffer
	config := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log}
	server := &tls.Config{Certificates: []tls.Certificate{certificate(t, true)}}
	pieces := exchange(t, config, server, 1)[0]
	kept, most := 0, 0
	c := New(NewKeyLog(nil), func(n int) bool { kept += n; most = max(most, kept); return true })
	var err error
	for _, p := range pieces {
		err = c.Feed(p.who, p.data, 0, nil)
	}
	if err = errors.Join(err, c.End(nil)); !errors.Is(err, ErrNoSecrets) || kept != 0 || most > maxWaitingBlind+2*maxRecord {
		t.Errorf("%v, %d bytes kept, at most %d", err, kept, most)
	}
	c = New(NewKeyLog(nil), func(n int) bool { return n <= 0 })
	if err := c.Feed(0, pieces[0].data[:100], 0, nil); !errors.Is(err, ErrMemory) {
		t.Errorf("no memory: %v", err)
	}
	if _, err := decrypt(keyLog(t, log.String()), pieces[1:]); !errors.Is(err, ErrNoSecrets) || !strings.Contains(err.Error(), "ClientHello") {
		t.Errorf("no ClientHello: %v", err)
	}
	changed := bytes.ReplaceAll([]byte(log.String()), []byte("SECRET_0 "), []byte("SECRET_9 "))
	if _, err := decrypt(keyLog(t, string(changed)), pieces); !errors.Is(err, ErrNoSecrets) {
		t.Errorf("only secrets of the handshake: %v", err)
	}
	config.MaxVersion, config.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA}
	server.CipherSuites = config.CipherSuites
	pieces = exchange(t, config, server, 1)[0]
	if _, err := decrypt(keyLog(t, log.String()), pieces); !errors.Is(err, ErrCipher) || !strings.Contains(err.Error(), "0xC011") {
		t.Errorf("RC4: %v", err)
	}
}

// TestKeyLog: comments and unknown labels are passed over, damaged lines counted, and what is no key log at all is an error.
func TestKeyLog(t *testing.T) {
	good := "CLIENT_RANDOM " + strings.Repeat("0a", 32) + " " + strings.Repeat("0B", 48)
	k := NewKeyLog(nil)
	err := k.Read(strings.NewReader("# of a browser\r\n\r\n" + good + "\r\nEXPORTER_SECRET aa bb\nCLIENT_RANDOM 00 11\n" + strings.Repeat("x", 5000) + "\n" + good))
	if s := k.Stats(); err != nil || s.Secrets != 2 || s.Bad != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := NewKeyLog(nil).Read(strings.NewReader("-----BEGIN PRIVATE KEY-----\n")); !errors.Is(err, ErrKeyLog) {
		t.Error(err)
	}
	for text, want := range map[string]bool{good: true, "# x\n\n" + good: true, "{}": false, "": false, "GET / HTTP/1.1": false} {
		if LooksLikeKeyLog([]byte(text)) != want {
			t.Errorf("%q", text)
		}
	}
}

// FuzzConn: whatever two ends send, decrypting ends without a panic, with bounded memory that is given back.
func FuzzConn(f *testing.F) {
	var log lockedBuffer
	config := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log, MaxVersion: tls.VersionTLS12}
	server := &tls.Config{Certificates: []tls.Certificate{certificate(f, false)}}
	var seeds [][]piece
	seeds = append(seeds, exchange(f, config, server, 1)...)
	config.MaxVersion = 0
	seeds = append(seeds, exchange(f, config, server, 1)...)
	for _, pieces := range seeds {
		var b []byte
		for _, p := range pieces {
			p.data = p.data[:min(len(p.data), 1<<11)]
			b = append(append(b, byte(p.who), byte(len(p.data)>>8), byte(len(p.data))), p.data...)
		}
		f.Add(b)
	}
	keys := keyLog(f, log.String())
	f.Fuzz(func(t *testing.T, b []byte) {
		kept := 0
		c := New(keys, func(n int) bool { kept += n; return true })
		plain := func(int, []byte, Lost, int64) {}
		for len(b) >= 3 {
			n := min(int(b[1])<<8|int(b[2]), len(b)-3)
			if b[0]&2 != 0 {
				c.Lose(int(b[0]&1), uint64(n))
			}
			_ = c.Feed(int(b[0]&1), b[3:3+n], 0, plain)
			b = b[3+n:]
			if kept > 2*maxWaiting+4*maxHandshake {
				t.Fatalf("%d bytes are kept", kept)
			}
		}
		if _ = c.End(plain); kept != 0 {
			t.Fatalf("%d bytes are not given back", kept)
		}
	})
}

// FuzzKeyLog: whatever a file holds, reading it as a key log ends without a panic.
func FuzzKeyLog(f *testing.F) {
	f.Add([]byte("CLIENT_RANDOM " + strings.Repeat("0a", 32) + " " + strings.Repeat("0B", 48)))
	f.Add([]byte("# x\nSERVER_TRAFFIC_SECRET_0 é é"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = NewKeyLog(nil).Read(bytes.NewReader(b))
		_ = LooksLikeKeyLog(b)
	})
}
