package tlsdecrypt

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	minRecord  = recordHead + 17 // bytes of the shortest protected record
	maxTried   = 1 << 14         // numbers that a record behind a gap is tried with
	maxTryWork = 256 << 20       // bytes that are tried in vain, of one connection
)

// errGap is the error of a half in which no record behind a gap can be decrypted.
var errGap = errors.New("bytes of TLS are missing in the capture, and no record behind them can be decrypted")

// gap is what is missing of a half since its last record that was read.
type gap struct {
	bytes   uint64 // of TLS
	records uint64 // at most
}

// lose takes note that bytes are missing: the next record is looked for.
func (h *half) lose(n uint64) {
	h.missing += n + uint64(len(h.buf))
	h.buf, h.handshake, h.seeking, h.lossy = nil, nil, true, true
}

// seek drops bytes before the next record, and reports whether there may be one.
func (h *half) seek() bool {
	at := 0
	for at < len(h.buf) && !beginsRecord(h.buf[at:]) {
		at++
	}
	h.missing += uint64(at)
	h.buf = h.buf[at:]
	if len(h.buf) < recordHead {
		return false
	}
	h.seeking = false
	return true
}

// beginsRecord reports whether p may be the beginning of a protected record, and of another one behind it.
func beginsRecord(p []byte) bool {
	for range 2 {
		for i, want := range [][2]byte{{typeChangeCipher, typeData}, {3, 3}, {3, 3}, {0, 0x48}} {
			if i < len(p) && (p[i] < want[0] || p[i] > want[1]) {
				return false
			}
		}
		if len(p) < recordHead {
			return true
		}
		size := int(binary.BigEndian.Uint16(p[3:]))
		if size > maxRecord || p[0] == typeData && size < minRecord-recordHead {
			return false
		}
		if p = p[min(len(p), recordHead+size):]; len(p) == 0 {
			return true
		}
	}
	return true
}

// next returns the next whole record of a half, or nil, and what is missing before it.
func (h *half) next() (record []byte, missing uint64, err error) {
	for {
		if h.seeking && !h.seek() {
			return nil, 0, nil
		}
		record, err = h.take()
		if err == nil || !h.lossy {
			break
		}
		h.missing++ // what looked like a record was none
		h.buf, h.seeking = h.buf[1:], true
	}
	if record != nil {
		missing, h.missing = h.missing, 0
	}
	return record, missing, err
}

// openBehind opens a record behind a gap, by all numbers and secrets that it may have. It returns what is missing before it. It is not ok
// when its secret is not known yet. A record that none fits is a part of the gap.
func (c *Conn) openBehind(who int, record []byte) (kind byte, content []byte, lost Lost, ok bool, err error) {
	h := &c.halves[who]
	if h.keys == nil {
		if err := c.findKeys(who); err != nil || h.keys == nil {
			return 0, nil, Lost{}, false, err
		}
	}
	most := min(h.gap.records, maxTried)
	for i, k := range c.candidates(who) {
		first := k.seq
		for range most + 1 {
			if kind, content, err = k.open(record, k.secret != nil); err == nil {
				if records := k.seq - 1 - first; records > 0 {
					lost.Bytes = max(h.gap.bytes-min(h.gap.bytes, records*k.overhead()), 1)
					lost.Exact = i == 0 && k.cbc == nil
				}
				h.keys, h.gap, h.behind = k, gap{}, false
				return kind, content, lost, true, nil
			}
			k.seq++
			if c.tried += len(record); c.tried > maxTryWork {
				return 0, nil, Lost{}, true, errGap
			}
		}
		k.seq = first
	}
	h.gap.add(uint64(len(record)))
	return 0, nil, Lost{}, true, nil
}

// candidates are the keys that a record behind a gap may be protected with.
func (c *Conn) candidates(who int) (list []*keys) {
	h := &c.halves[who]
	list = append(list, h.keys)
	if !c.tls13() {
		return list
	}
	if !h.traffic { // the end of the handshake may be missing
		if k, err := c.traffic(who); err == nil && k != nil {
			list = append(list, k)
		}
		return list
	}
	if k, err := h.keys.update(c.suite); err == nil { // a key update may be
		list = append(list, k)
	}
	return list
}

// add adds what is missing behind that.
func (l *Lost) add(more Lost) {
	switch {
	case more.Bytes == 0:
	case l.Bytes == 0:
		*l = more
	default:
		*l = Lost{l.Bytes + more.Bytes, l.Exact && more.Exact}
	}
}

func (g *gap) add(n uint64) {
	g.bytes += n
	g.records += n/minRecord + 2
}

// overhead is how much longer a record is than the application data in it, unless it is padded.
func (k *keys) overhead() uint64 {
	switch {
	case k.cbc != nil:
		return uint64(recordHead + 16 + k.cbc.mac.Size() + 8)
	case k.secret != nil:
		return uint64(recordHead + k.aead.Overhead() + 1)
	case k.explicit:
		return uint64(recordHead + 8 + k.aead.Overhead())
	}
	return uint64(recordHead + k.aead.Overhead())
}

// Gone returns why the rest of a half cannot be decrypted although its capture goes on: bytes are missing, and no record was found behind them.
// It is nil while nothing is missing.
func (c *Conn) Gone(who int) error {
	h := &c.halves[who]
	if n := h.missing + h.gap.bytes; h.seeking || h.behind {
		return fmt.Errorf("%d bytes of TLS are missing in the capture, and no record was found behind them", n)
	}
	return nil
}
