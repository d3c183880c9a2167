package pcap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/tlsdecrypt"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// ErrNotPcap is the error of [Read] for what is neither pcap nor pcapng.
var ErrNotPcap = packet.ErrNotPcap

// Recognises reports whether a file that begins with start is pcap or pcapng.
func Recognises(start []byte) bool { return packet.Recognises(start) }

// Options are what a reader is given beside the packets. The zero value reads a file on its own.
type Options struct {
	NewConn func() uint32 // returns the number of the next connection; nil counts from 1
	Counts  *Counts       // says what was passed over while the reader goes on; may be nil
	Keys    *KeyLog       // secrets of TLS connections; those that a pcapng file holds are added. nil for none but them
}

// KeyLog holds the secrets of TLS connections, see package tlsdecrypt.
type KeyLog = tlsdecrypt.KeyLog

// ErrKeyLog is the error of a file that is no key log.
var ErrKeyLog = tlsdecrypt.ErrKeyLog

// NewKeyLog returns an empty key log. refresh, unless nil, is called when a secret is missing: it may add more.
func NewKeyLog(refresh func()) *KeyLog { return tlsdecrypt.NewKeyLog(refresh) }

// LooksLikeKeyLog reports whether a file that begins with start may be a TLS key log.
func LooksLikeKeyLog(start []byte) bool { return tlsdecrypt.LooksLikeKeyLog(start) }

// Read reads the WebSockets in a pcap or pcapng file: records in the order of the packets that completed them, numbered
// from 1. What is no WebSocket, or is encrypted with secrets that are not known, is passed over. A file that is cut or damaged is reported as damage, with its
// place; what stands before is kept. The error is [ErrNotPcap] or of v.Record.
func Read(r io.Reader, v record.Visitor) error { return ReadWith(r, Options{}, v) }

// ReadWith is [Read] with options. It returns records as soon as r has given the packets for them: r may be a live pipe.
func ReadWith(r io.Reader, o Options, v record.Visitor) error {
	file, err := packet.NewReader(bufio.NewReaderSize(r, 64<<10))
	switch {
	case errors.Is(err, packet.ErrLength), errors.Is(err, packet.ErrTail):
		tell(v, 0, fmt.Errorf("the head of the file: %w", err))
		return nil
	case err != nil:
		return err
	}
	s := newStreams(v)
	s.options = o
	if s.options.Keys == nil {
		s.options.Keys = NewKeyLog(nil)
	}
	file.Secrets = func(text []byte) { _ = s.options.Keys.Read(bytes.NewReader(text)) } // its lines are counted there
	each := o.Counts.begin(s)
	for n := 1; ; n++ {
		p, err := file.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tell(v, file.Offset(), fmt.Errorf("packet %d cannot be read, nor what follows: %w", n, err))
			break
		}
		if err := each(func() error { return s.packet(&p) }); err != nil {
			return err
		}
	}
	return s.end()
}

func tell(v record.Visitor, at int64, err error) {
	if v.Damage != nil {
		v.Damage(&record.Damage{Offset: at, Err: err})
	}
}
