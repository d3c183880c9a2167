package frame

import (
	"bytes"
	"compress/flate"
)

// Deflater compresses the messages of one direction (RFC 7692 §7.2.1), for compose and for tests. It is not safe for use
// by several goroutines at once.
type Deflater struct {
	takeover bool
	window   int
	used     int // bytes written since the writer was reset: no match can reach further back
	out      bytes.Buffer
	flate    *flate.Writer
}

// NewDeflater returns a deflater for the direction that fromClient names. It allocates about 1 MiB.
func NewDeflater(p DeflateParams, fromClient bool) *Deflater {
	d := &Deflater{}
	d.takeover, d.window = p.direction(fromClient)
	// The only error that flate knows here is a level out of range.
	d.flate, _ = flate.NewWriter(&d.out, flate.DefaultCompression)
	return d
}

// Append appends the compressed form of a message to dst, as it goes into the payload of frames with RSV1 on the first.
//
// [compress/flate] always uses the largest window. A smaller one is enforced by resetting the compressor when as many bytes have been
// written: then nothing can refer further back than was negotiated.
func (d *Deflater) Append(dst, message []byte) []byte {
	d.out.Reset()
	if !d.takeover {
		d.restart()
	}
	for len(message) > 0 {
		if d.window < maxWindow && d.used == d.window {
			d.flush()
			d.restart()
		}
		n := len(message)
		if d.window < maxWindow {
			n = min(n, d.window-d.used)
		}
		// Writing to a bytes.Buffer does not fail, here and in flush.
		_, _ = d.flate.Write(message[:n])
		d.used = min(d.used+n, maxWindow)
		message = message[n:]
	}
	d.flush()
	return append(dst, d.out.Bytes()[:d.out.Len()-4]...) // less 00 00 FF FF, which the receiver appends again
}

func (d *Deflater) restart() {
	d.flate.Reset(&d.out)
	d.used = 0
}

func (d *Deflater) flush() { _ = d.flate.Flush() }
