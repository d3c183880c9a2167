package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// ErrFormat is the error of [ReadAny] for a file in no format that it knows.
var ErrFormat = errors.New("not a capture in any format that is known here: .tscap, .jsonl, .har, .pcapng, .pcap")

// The beginnings of compressed files (RFC 1952 §2.3.1, RFC 8878 §3.1.1).
const (
	gzipMagic = "\x1F\x8B\x08"
	zstdMagic = "\x28\xB5\x2F\xFD"
)

// maxZstdWindow is the most memory in bytes that a zstd file may ask for: what zstd itself grants.
const maxZstdWindow = 128 << 20

// ReadAny reads a capture in the format that its first bytes tell, or else the end of its name. An empty file is an empty
// capture. The capture may be compressed with gzip or zstd once, and JSON may be in UTF-16 or UTF-32, and begin with a byte order mark or comments.
func ReadAny(r io.Reader, name string, v record.Visitor) error {
	return ReadAnyWith(r, name, Options{}, v)
}

// Options are what a reader is given beside a file. The zero value reads it on its own.
type Options struct {
	Keys   *pcap.KeyLog // secrets of TLS connections in packets; nil for none but those in the file
	Beside Beside       // opens files that a HAR file names
}

// ReadAnyWith is [ReadAny] with options.
func ReadAnyWith(r io.Reader, name string, o Options, v record.Visitor) error {
	b := bufio.NewReaderSize(r, 64<<10)
	start, _ := b.Peek(len(zstdMagic))
	name = strings.ToLower(name)
	switch {
	case bytes.HasPrefix(start, []byte(gzipMagic)):
		z, err := gzip.NewReader(b)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		return readPlain(bufio.NewReaderSize(z, 64<<10), strings.TrimSuffix(name, ".gz"), o, v)
	case string(start) == zstdMagic:
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return fmt.Errorf("zstd: %w", err)
		}
		defer z.Close()
		return readPlain(bufio.NewReaderSize(z, 64<<10), strings.TrimSuffix(name, ".zst"), o, v)
	}
	return readPlain(b, name, o, v)
}

// readPlain reads a capture that is not compressed.
func readPlain(b *bufio.Reader, name string, o Options, v record.Visitor) error {
	start, err := b.Peek(len(Magic))
	if err != nil && len(start) == 0 {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	if order := utf32Order(start); order != nil {
		b = withoutMark(&utf32Reader{r: b, order: order})
	} else if order := utf16Order(start); order != nil {
		b = withoutMark(newUTF16Reader(b, order))
	} else if bytes.HasPrefix(start, []byte(byteOrderMark)) {
		b = withoutMark(b)
	}
	_, _ = b.Peek(len(Magic))
	skipComments(b)
	start, _ = b.Peek(b.Buffered()) // no more than has come: the file may be a live pipe
	switch {
	case bytes.HasPrefix(start, []byte(Magic)):
		return Read(b, v)
	case pcap.Recognises(start):
		return pcap.ReadWith(b, pcap.Options{Keys: o.Keys}, v)
	case isLines(start), strings.HasSuffix(name, ".jsonl"):
		return ReadJSONL(b, v)
	case strings.HasSuffix(name, ".har"), bytes.IndexAny(bytes.TrimLeft(start, " \r\n\t"), "{[") == 0:
		return readHAR(b, o.Beside, v)
	}
	return ErrFormat
}

// isLines reports whether text begins with an object, or a list of some, that has the version or the kind of a record; HAR's has a log.
func isLines(start []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(start))
	dec.UseNumber()
	t, err := dec.Token()
	if err == nil && t == json.Delim('[') {
		t, err = dec.Token()
	}
	if err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil || name == "log" {
			return false
		}
		if name == "v" || name == "kind" {
			return true
		}
		if skipValue(dec) != nil {
			return false
		}
	}
	return false
}
