// Package keyfile reads TLS key logs from files that programs are writing to, as browsers do when SSLKEYLOGFILE is set.
//
// # Never
//
// The package prints no secret.
package keyfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
)

// every is the shortest time between two looks at a file that may have grown.
const every = 50 * time.Millisecond

// maxStep bounds what one look reads. The rest is read by the next one.
const maxStep = 64 << 20

// file is a key log that is followed.
type file struct {
	mu   sync.Mutex
	f    *os.File
	keys *pcap.KeyLog
	rest []byte // of a line that is not whole
	last time.Time
}

// Open reads a key log, and reads on when a secret is asked for that it did not have. The file stays open until closeFile is
// called. A file that is no key log is an error; an empty one is not.
func Open(name string) (keys *pcap.KeyLog, closeFile func() error, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	l := &file{f: f}
	l.keys = pcap.NewKeyLog(l.refresh)
	l.read()
	l.keys.Add(string(l.rest)) // the last line may be without its end
	if s := l.keys.Stats(); s.Secrets == 0 && s.Bad > 0 {
		_ = f.Close() // it was only read
		return nil, nil, fmt.Errorf("%s: %w", name, pcap.ErrKeyLog)
	}
	return l.keys, f.Close, nil
}

// refresh reads what was written since, unless that was just done.
func (l *file) refresh() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.last) >= every {
		l.last = now
		l.read()
	}
}

// read adds the lines that are whole. An error of the file means that there are no more.
func (l *file) read() {
	b, _ := io.ReadAll(io.LimitReader(l.f, maxStep))
	if len(b) == 0 {
		return
	}
	l.rest = append(l.rest, b...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	_ = l.keys.Read(bytes.NewReader(l.rest[:end])) // its lines are counted
	if l.rest = bytes.Clone(l.rest[end:]); len(l.rest) > 4<<10 {
		l.rest = nil // no line of a key log is so long
	}
}
