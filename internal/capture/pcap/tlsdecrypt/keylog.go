package tlsdecrypt

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/budget"
)

// The limits of a [KeyLog].
const (
	MaxConns    = 1 << 18 // connections with secrets; later ones are counted
	maxLine     = 1 << 10
	maxSecret   = 64 // bytes
	maxSessions = 1 << 14

	connSize    = 640 // bytes of a connection with all its secrets
	sessionSize = 160 // of a session beside its name
)

// The labels that are used (RFC 9850 §2). Others are passed over.
const (
	labelMaster          = "CLIENT_RANDOM"
	labelEarly           = "CLIENT_EARLY_TRAFFIC_SECRET"
	labelClientHandshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
	labelServerHandshake = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
	labelClient          = "CLIENT_TRAFFIC_SECRET_0"
	labelServer          = "SERVER_TRAFFIC_SECRET_0"
)

// slots are where the secrets of a connection stand.
var slots = map[string]int{
	labelMaster: 0, labelEarly: 1, labelClientHandshake: 2, labelServerHandshake: 3, labelClient: 4, labelServer: 5,
}

// ErrKeyLog is the error of what is no key log.
var ErrKeyLog = errors.New("not a TLS key log: want lines such as CLIENT_RANDOM <64 hexadecimal digits> <96 hexadecimal digits>")

// random identifies a connection.
type random [32]byte

// KeyLog is a set of secrets. It grows while it is used, from any goroutine.
type KeyLog struct {
	mu       sync.Mutex
	byRandom map[random]*[len(labels)]([]byte)
	sessions map[string][]byte // of TLS 1.2, by ticket or session ID: master secrets
	refresh  func()
	stats    Stats
	size     int64        // bytes of all
	room     budget.Lease // for them
}

// labels is as long as there are slots.
var labels = [...]string{labelMaster, labelEarly, labelClientHandshake, labelServerHandshake, labelClient, labelServer}

// Stats count the lines of a [KeyLog].
type Stats struct {
	Secrets int // lines that were understood
	Bad     int // lines that are neither comments nor secrets
	Full    int // secrets of connections beyond [MaxConns], or for which there is no memory
}

// NewKeyLog returns an empty key log. refresh, unless nil, is called when a secret is looked for that is not there: it may add more.
func NewKeyLog(refresh func()) *KeyLog {
	return &KeyLog{byRandom: map[random]*[len(labels)][]byte{}, sessions: map[string][]byte{}, refresh: refresh}
}

// Stats returns what was read so far.
func (k *KeyLog) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

// LooksLikeKeyLog reports whether a file that begins with start may be a key log.
func LooksLikeKeyLog(start []byte) bool {
	for line := range bytes.Lines(start) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		label, _, _ := bytes.Cut(line, []byte(" "))
		_, known := slots[string(label)]
		return known || string(label) == "EXPORTER_SECRET" || string(label) == "RSA"
	}
	return false
}

// Read adds the secrets of a key log. Lines that are damaged are counted. The error is one of r, or [ErrKeyLog] when no line was
// a secret although there were some.
func (k *KeyLog) Read(r io.Reader) error {
	before := k.Stats()
	b := bufio.NewReaderSize(r, maxLine)
	for {
		line, cut, err := b.ReadLine()
		if cut {
			line = []byte("too long")
		}
		for cut && err == nil {
			_, cut, err = b.ReadLine()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		k.Add(string(line))
	}
	if after := k.Stats(); after.Secrets == before.Secrets && after.Bad > before.Bad {
		return ErrKeyLog
	}
	return nil
}

// Add adds the secret of one line.
func (k *KeyLog) Add(line string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.add(line); err != nil {
		k.stats.Bad++
	}
}

func (k *KeyLog) add(line string) error {
	f := strings.Fields(line)
	if len(f) != 3 {
		return fmt.Errorf("%w: %d words", ErrKeyLog, len(f))
	}
	slot, known := slots[f[0]]
	if _, err := hex.DecodeString(f[1] + f[2]); err != nil {
		return ErrKeyLog
	}
	if !known {
		return nil
	}
	var r random
	id, _ := hex.DecodeString(f[1])
	secret, _ := hex.DecodeString(f[2])
	if copy(r[:], id) < len(r) || len(id) > len(r) || len(secret) < 32 || len(secret) > maxSecret {
		return ErrKeyLog
	}
	all := k.byRandom[r]
	if all == nil {
		if len(k.byRandom) >= MaxConns || !k.take(connSize) {
			k.stats.Full++
			return nil
		}
		all = new([len(labels)][]byte)
		k.byRandom[r] = all
	}
	all[slot] = secret
	k.stats.Secrets++
	return nil
}

// empty reports whether there was no secret yet.
func (k *KeyLog) empty() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.byRandom) == 0
}

// find returns the secret of a connection; nil when it is not known.
func (k *KeyLog) find(r random, label string) []byte {
	for try := range 2 {
		k.mu.Lock()
		var secret []byte
		if all := k.byRandom[r]; all != nil {
			secret = all[slots[label]]
		}
		k.mu.Unlock()
		if secret != nil || try > 0 || k.refresh == nil {
			return secret
		}
		k.refresh()
	}
	return nil
}

// remember keeps the master secret of a session for connections that resume it.
func (k *KeyLog) remember(session string, master []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if session == "" || k.sessions[session] == nil && (len(k.sessions) >= maxSessions || !k.take(int64(len(session))+sessionSize)) {
		return
	}
	k.sessions[session] = master
}

// take takes n bytes of the budget, and reports whether there was room.
func (k *KeyLog) take(n int64) bool {
	if !k.room.Hold(budget.Packets, k.size+n) {
		return false
	}
	k.size += n
	return true
}

// resumed returns the master secret of a session.
func (k *KeyLog) resumed(session string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sessions[session]
}
