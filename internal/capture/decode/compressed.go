package decode

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strconv"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// gzipped, zlibbed, zstandard and brotlied inflate what is inside a payload and decode that in turn, once: what is
// compressed twice stays compressed. 1 MiB is inflated at most, whatever the payload claims.
type (
	gzipped   struct{}
	zlibbed   struct{}
	zstandard struct{}
	brotlied  struct{}
)

func (gzipped) Name() string   { return "gzip" }
func (zlibbed) Name() string   { return "zlib" }
func (zstandard) Name() string { return "Zstandard" }
func (brotlied) Name() string  { return "Brotli" }

func (gzipped) Guess(in *Input) Confidence {
	if !in.Text && bytes.HasPrefix(in.Payload, []byte{0x1F, 0x8B, 8}) {
		return Sure
	}
	return No
}

// Guess takes the two bytes of RFC 1950 §2.2 for a signature when what follows inflates.
func (zlibbed) Guess(in *Input) Confidence {
	b := in.Payload
	if in.Text || len(b) < 6 || b[0] != 0x78 || (uint(b[0])<<8|uint(b[1]))%31 != 0 || b[1]&0x20 != 0 {
		return No
	}
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return No
	}
	if n, err := r.Read(make([]byte, 64)); n > 0 || err == io.EOF {
		return Likely
	}
	return No
}

func (zstandard) Guess(in *Input) Confidence {
	if !in.Text && bytes.HasPrefix(in.Payload, []byte{0x28, 0xB5, 0x2F, 0xFD}) {
		return Sure
	}
	return No
}

// Guess is always no: Brotli has no signature, and most bytes are the start of some Brotli stream.
func (brotlied) Guess(*Input) Confidence { return No }

func (gzipped) decode(in *Input, t *tree) error {
	return t.inflate("gzip", in, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
}

func (zlibbed) decode(in *Input, t *tree) error {
	return t.inflate("zlib", in, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })
}

func (brotlied) decode(in *Input, t *tree) error {
	return t.inflate("Brotli", in, func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil })
}

func (zstandard) decode(in *Input, t *tree) error {
	return t.inflate("Zstandard", in, func(r io.Reader) (io.Reader, error) {
		// One goroutine would outlive the call; a concurrency of 1 decodes in the caller's.
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(16<<20))
	})
}

func (t *tree) inflate(name string, in *Input, open func(io.Reader) (io.Reader, error)) error {
	b := in.Payload
	line := t.add(0, name, "", Group, 0, len(b))
	r, err := open(bytes.NewReader(b))
	if err == nil {
		t.body, err = io.ReadAll(io.LimitReader(r, maxBody+1))
	}
	if c, ok := r.(interface{ Close() }); ok && r != nil {
		c.Close()
	}
	whole := err == nil
	if len(t.body) > maxBody {
		t.body, whole = t.body[:maxBody], false
		t.left = "only the first " + strconv.Itoa(maxBody>>20) + " MiB of what is inside were inflated"
	}
	size := count(len(t.body), "byte")
	if t.left != "" {
		size = "more than " + size
	}
	t.end(line, size+" inside", len(b))
	t.summary = name + " of " + size
	t.within(func() { t.inner(in, whole) })
	if err != nil && !in.cut() {
		return fault(0, "inflating stopped: "+err.Error())
	}
	return nil
}

// inner decodes the decompressed bytes. An error in them becomes a line.
func (t *tree) inner(in *Input, whole bool) {
	inside := Input{Payload: t.body, Text: readable(t.body), In: in.In, Subprotocol: in.Subprotocol, Path: in.Path, Schema: in.Schema}
	if !whole {
		inside.Length = uint64(len(t.body)) + 1
	}
	for _, g := range Guess(inside) {
		switch g.Decoder.(type) {
		case gzipped, zlibbed, zstandard:
			continue
		}
		t.add(0, "inside", g.Decoder.Name()+" ("+g.Confidence.String()+")", Note, 0, 0)
		summary := t.summary
		err := g.Decoder.decode(&inside, t)
		if t.summary = summary + ": " + t.summary; err != nil {
			t.add(0, "mistake", asError(err, &inside).Error(), Note, 0, 0)
		}
		return
	}
	if inside.Text && len(t.body) > 0 {
		t.add(0, "inside", text(t.body), String, 0, 0)
	} else if len(t.body) > 0 {
		t.add(0, "inside", hexOf(t.body), Bytes, 0, 0)
	}
}
