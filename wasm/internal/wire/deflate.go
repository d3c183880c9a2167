package wire

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Compression is permessage-deflate (RFC 7692) as a client offers it.
type Compression struct {
	Threshold         int  // smaller messages are sent as they are
	NoContextTakeover bool // each message stands alone: less memory, larger messages
}

func (c Compression) offer() string {
	if c.NoContextTakeover {
		return "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
	}
	return "permessage-deflate"
}

// agreement is what the server accepted.
type agreement struct{ clientAlone, serverAlone bool }

// agree reads the server's Sec-WebSocket-Extensions.
func agree(offered *Compression, accepted string) (*agreement, error) {
	if accepted == "" {
		return nil, nil
	}
	parts := strings.Split(accepted, ";")
	if offered == nil || strings.TrimSpace(parts[0]) != "permessage-deflate" || strings.Contains(accepted, ",") {
		return nil, errors.New("the server accepted an extension that was not offered (RFC 6455 §4.1)")
	}
	a := &agreement{clientAlone: offered.NoContextTakeover}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		value = strings.Trim(value, `"`)
		bits, _ := strconv.Atoi(value)
		switch {
		case seen[name]:
			return nil, errors.New("the server accepted permessage-deflate with a parameter twice (RFC 7692 §5)")
		case name == "client_no_context_takeover" && value == "":
			a.clientAlone = true
		case name == "server_no_context_takeover" && value == "":
			a.serverAlone = true
		case name == "server_max_window_bits" && bits >= 8 && bits <= 15: // a larger window reads it too
		default:
			return nil, errors.New("the server accepted permessage-deflate with a parameter that was not offered (RFC 7692 §5)")
		}
		seen[name] = true
	}
	return a, nil
}

const (
	window = 32 << 10
	// tail is what a message ends with, and what is not sent (RFC 7692 §7.2.1).
	tail = "\x00\x00\xff\xff"
	// last is an empty final block, so that the reader of the message ends without an error.
	last = "\x01\x00\x00\xff\xff"
)

// inflater decompresses messages.
type inflater struct {
	alone bool // no message refers to an earlier one
	past  []byte
	from  compressed
	flate io.Reader
}

// compressed reads a message and then what its sender left out.
type compressed struct {
	p    []byte
	rest string
}

// Read implements io.Reader.
func (c *compressed) Read(b []byte) (n int, err error) {
	if n = copy(b, c.p); n > 0 {
		c.p = c.p[n:]
		return n, nil
	}
	if n = copy(b, c.rest); n > 0 {
		c.rest = c.rest[n:]
		return n, nil
	}
	return 0, io.EOF
}

// ReadByte implements io.ByteReader, so that flate reads no further than it needs.
func (c *compressed) ReadByte() (byte, error) {
	var b [1]byte
	_, err := c.Read(b[:])
	return b[0], err
}

// message decompresses p to at most limit bytes.
func (d *inflater) message(p []byte, limit int) ([]byte, error) {
	d.from = compressed{p, tail + last}
	if d.flate == nil {
		d.flate = flate.NewReaderDict(&d.from, d.past)
	} else if err := d.flate.(flate.Resetter).Reset(&d.from, d.past); err != nil {
		return nil, err
	}
	out := make([]byte, 0, min(limit, max(512, 3*len(p))))
	for {
		if len(out) == cap(out) {
			out = append(out, 0)[:len(out)]
		}
		n, err := d.flate.Read(out[len(out):cap(out)])
		if out = out[:len(out)+n]; len(out) > limit {
			return nil, ErrTooBig
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, invalid("a compressed message that cannot be decompressed (RFC 7692 §7.2.2)")
		}
	}
	d.keep(out)
	return out, nil
}

// keep remembers what the next message may refer to.
func (d *inflater) keep(out []byte) {
	if d.alone {
		return
	}
	if len(out) >= window {
		d.past = append(d.past[:0], out[len(out)-window:]...)
		return
	}
	if over := len(d.past) + len(out) - window; over > 0 {
		d.past = append(d.past[:0], d.past[over:]...)
	}
	d.past = append(d.past, out...)
}

// deflater compresses messages.
type deflater struct {
	threshold int
	alone     bool
	out       bytes.Buffer
	flate     *flate.Writer
}

// message returns p compressed, with room for headers before it. It is valid until the next call.
func (d *deflater) message(p []byte) (room []byte, err error) {
	d.out.Reset()
	d.out.Write(make([]byte, Headroom))
	switch {
	case d.flate == nil:
		if d.flate, err = flate.NewWriter(&d.out, flate.BestSpeed); err != nil {
			return nil, err
		}
	case d.alone:
		d.flate.Reset(&d.out)
	}
	if _, err = d.flate.Write(p); err != nil {
		return nil, err
	}
	if err = d.flate.Flush(); err != nil {
		return nil, err
	}
	room = d.out.Bytes()
	return room[:len(room)-len(tail)], nil
}
