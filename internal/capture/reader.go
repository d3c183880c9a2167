package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/packet"
	"github.com/tetherscope/tetherscope/internal/record"
)

// ErrNotPcap is the error of [Read] for what is neither pcap nor pcapng.
var ErrNotPcap = packet.ErrNotPcap

// Recognises reports whether a file that begins with start is pcap or pcapng.
func Recognises(start []byte) bool { return packet.Recognises(start) }

// Read reads the WebSockets in a pcap or pcapng file: records in the order of the packets that completed them, numbered
// from 1. What is not WebSocket over plain TCP is passed over. A file that is cut or damaged is told as damage, with its
// place; what stands before is kept. The error is [ErrNotPcap] or of v.Record.
func Read(r io.Reader, v record.Visitor) error {
	file, err := packet.NewReader(bufio.NewReaderSize(r, 64<<10))
	switch {
	case errors.Is(err, packet.ErrLength), errors.Is(err, packet.ErrTail):
		tell(v, 0, fmt.Errorf("the head of the file: %w", err))
		return nil
	case err != nil:
		return err
	}
	s := newStreams(v)
	for n := 1; ; n++ {
		p, err := file.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tell(v, file.Offset(), fmt.Errorf("packet %d cannot be read, nor what follows: %w", n, err))
			break
		}
		if err := s.packet(&p); err != nil {
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
