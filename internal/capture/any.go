package capture

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/tetherscope/tetherscope/internal/record"
)

// ErrUnknown is the error of [ReadAny] for a file in no format that it knows.
var ErrUnknown = errors.New("not a capture in any format that is known here: .tscap, .jsonl, .har, .pcapng, .pcap")

// ReadAny reads a capture in the format that its first bytes tell, or else the end of its name. An empty file is an empty
// capture.
func ReadAny(r io.Reader, name string, v record.Visitor) error {
	b := bufio.NewReaderSize(r, 64<<10)
	start, err := b.Peek(len(record.FileMagic))
	if err != nil && len(start) == 0 {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	name = strings.ToLower(name)
	switch {
	case bytes.Equal(start, []byte(record.FileMagic)):
		return record.ReadFile(b, v)
	case Recognises(start):
		return Read(b, v)
	case bytes.HasPrefix(start, []byte(`{"v":`)), strings.HasSuffix(name, ".jsonl"):
		return record.ReadJSONL(b, v)
	case strings.HasSuffix(name, ".har"), strings.HasPrefix(strings.TrimLeft(string(start), "\uFEFF \r\n\t"), "{"):
		return record.ReadHAR(b, v)
	}
	return ErrUnknown
}
