package decode

import (
	"bytes"
	"strconv"
)

// image recognizes pictures by their signatures and reads their dimensions. It does not decode them.
type image struct{}

func (image) Name() string { return "Image" }

// picture is a kind of picture: where its signature stands, and how its size is read; ok is false when it is not there.
type picture struct {
	name      string
	at        int
	signature string
	media     string // its type on the web; empty when not every browser draws it
	size      func(b []byte) (width, height, from, to int, ok bool)
}

var pictures = []picture{
	{"PNG", 0, "\x89PNG\r\n\x1a\n", "image/png", func(b []byte) (int, int, int, int, bool) {
		w, _ := bigEndian(b, 16, 4)
		h, ok := bigEndian(b, 20, 4)
		return int(w), int(h), 16, 24, ok
	}},
	{"GIF", 0, "GIF8", "image/gif", func(b []byte) (int, int, int, int, bool) {
		w, _ := littleEndian(b, 6, 2)
		h, ok := littleEndian(b, 8, 2)
		return int(w), int(h), 6, 10, ok
	}},
	{"JPEG", 0, "\xff\xd8\xff", "image/jpeg", jpegSize},
	{"WebP", 8, "WEBPVP8", "image/webp", webpSize},
	{"BMP", 0, "BM", "", func(b []byte) (int, int, int, int, bool) {
		if size, ok := littleEndian(b, 2, 4); !ok || size > 1<<30 || !bytes.Equal(b[6:min(10, len(b))], make([]byte, 4)) {
			return 0, 0, 0, 0, false
		}
		w, _ := littleEndian(b, 18, 4)
		h, ok := littleEndian(b, 22, 4)
		return int(int32(w)), abs(int(int32(h))), 18, 26, ok
	}},
	{"AVIF", 4, "ftypavif", "", nil},
	{"HEIC", 4, "ftypheic", "", nil},
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func findPicture(b []byte) *picture {
	for i := range pictures {
		if p := &pictures[i]; len(b) > p.at && bytes.HasPrefix(b[p.at:], []byte(p.signature)) {
			return p
		}
	}
	return nil
}

func (image) Guess(in *Input) Confidence {
	p := findPicture(in.Payload)
	switch {
	case p == nil || in.Text:
		return No
	case len(p.signature) > 2:
		return Sure
	}
	if _, _, _, _, ok := p.size(in.Payload); !ok {
		return No
	}
	return Likely
}

func (image) decode(in *Input, t *tree) error {
	b := in.Payload
	p := findPicture(b)
	if p == nil {
		return fault(0, "no signature of a picture is here")
	}
	t.summary = p.name
	t.add(0, "type", p.name, Word, p.at, p.at+len(p.signature))
	if p.size == nil {
		return nil
	}
	w, h, from, to, ok := p.size(b)
	if !ok {
		return fault(len(b), "the data ends before the size of the picture")
	}
	size := strconv.Itoa(w) + " × " + strconv.Itoa(h)
	t.summary += " " + size
	t.add(0, "size", size, Number, from, to)
	if p.media != "" && !t.inside {
		t.picture = &Picture{Type: p.media, Width: w, Height: h}
	}
	return nil
}

// jpegSize looks for the start of frame among the segments.
func jpegSize(b []byte) (width, height, from, to int, ok bool) {
	for i := 2; i+4 <= len(b) && b[i] == 0xFF; {
		kind := b[i+1]
		if kind == 0xFF {
			i++
			continue
		}
		if kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC {
			h, _ := bigEndian(b, i+5, 2)
			w, ok := bigEndian(b, i+7, 2)
			return int(w), int(h), i + 5, i + 9, ok
		}
		n, _ := bigEndian(b, i+2, 2)
		i += 2 + max(2, int(n))
	}
	return 0, 0, 0, 0, false
}

// webpSize reads the three forms of WebP: lossy, lossless and extended.
func webpSize(b []byte) (width, height, from, to int, ok bool) {
	if len(b) < 30 {
		return 0, 0, 0, 0, false
	}
	switch b[15] {
	case ' ':
		w, _ := littleEndian(b, 26, 2)
		h, _ := littleEndian(b, 28, 2)
		return int(w & 0x3FFF), int(h & 0x3FFF), 26, 30, true
	case 'L':
		v, _ := littleEndian(b, 21, 4)
		return int(v&0x3FFF) + 1, int(v>>14&0x3FFF) + 1, 21, 25, true
	case 'X':
		w, _ := littleEndian(b, 24, 3)
		h, _ := littleEndian(b, 27, 3)
		return int(w) + 1, int(h) + 1, 24, 30, true
	}
	return 0, 0, 0, 0, false
}
