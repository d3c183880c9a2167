package packet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxBlock is the largest block or packet in bytes that is read: of a longer one the length is taken for damage.
const MaxBlock = 16 << 20

// The causes for which the rest of a file cannot be read.
var (
	ErrNotPcap = errors.New("not a pcap or pcapng file")
	ErrTail    = errors.New("the file ends inside a packet")
	ErrLength  = errors.New("a length that cannot be: nothing behind it can be found")
)

// magics are the first four bytes of pcapng, and of pcap in both byte orders with microseconds and nanoseconds.
var magics = [...]struct {
	start string
	order binary.ByteOrder // nil: pcapng
	unit  int64            // of fractions of a second, in ns
}{
	{"\x0A\x0D\x0D\x0A", nil, 0},
	{"\xD4\xC3\xB2\xA1", binary.LittleEndian, 1000},
	{"\xA1\xB2\xC3\xD4", binary.BigEndian, 1000},
	{"\x4D\x3C\xB2\xA1", binary.LittleEndian, 1},
	{"\xA1\xB2\x3C\x4D", binary.BigEndian, 1},
}

// Recognises reports whether a file that begins with start is pcap or pcapng.
func Recognises(start []byte) bool {
	for _, m := range magics {
		if len(start) >= 4 && string(start[:4]) == m.start {
			return true
		}
	}
	return false
}

// Packet is one packet of a file.
type Packet struct {
	Data     []byte // valid until the next one is read
	Cut      int    // bytes behind Data that the capture did not keep
	Time     int64  // ns since 1970 UTC
	Link     Link
	Comments []string // the packet's comment options, in pcapng
}

// Reader reads the packets of a file. It is for one goroutine.
type Reader struct {
	// Secrets takes what decryption secrets blocks of pcapng hold: text in the key log format of TLS. It is valid only during the
	// call. nil passes over them.
	Secrets func(keyLog []byte)

	r     io.Reader
	order binary.ByteOrder
	at    int64 // bytes read
	start int64 // of the block or packet
	block bytes.Buffer

	unit int64 // pcap
	link Link

	ng         bool
	interfaces []netInterface // of the section
}

// NewReader returns a reader of a file whose first bytes say which kind it is. The error is [ErrNotPcap], or of r.
func NewReader(r io.Reader) (*Reader, error) {
	p := &Reader{r: r}
	var head [24]byte
	if err := p.full(head[:4]); err != nil {
		return nil, notPcap(err)
	}
	for _, m := range magics {
		if string(head[:4]) != m.start {
			continue
		}
		if m.order == nil {
			p.ng = true
			return p, p.section()
		}
		if err := p.full(head[4:]); err != nil {
			return nil, notPcap(err)
		}
		p.order, p.unit = m.order, m.unit
		p.link = Link(p.order.Uint32(head[20:])) // the upper half says things about checksums
		return p, nil
	}
	return nil, ErrNotPcap
}

func notPcap(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, ErrTail) {
		return ErrNotPcap
	}
	return err
}

// Offset returns where the packet that was read last, or that could not be read, begins.
func (p *Reader) Offset() int64 { return p.start }

// Next returns the next packet. Its error is io.EOF at the end of the file; any other is one behind which nothing can be read.
func (p *Reader) Next() (Packet, error) {
	for {
		p.start = p.at
		if !p.ng {
			return p.classic()
		}
		packet, found, err := p.nextBlock()
		if err != nil || found {
			return packet, err
		}
	}
}

// classic reads a packet of a pcap file.
func (p *Reader) classic() (Packet, error) {
	var head [16]byte
	if err := p.full(head[:]); err != nil {
		return Packet{}, err
	}
	size := p.order.Uint32(head[8:])
	if size > MaxBlock {
		return Packet{}, fmt.Errorf("%w: a packet of %d bytes", ErrLength, size)
	}
	data, err := p.take(int64(size))
	at := int64(p.order.Uint32(head[:]))*1e9 + int64(p.order.Uint32(head[4:]))*p.unit
	return Packet{Data: data, Cut: cutOff(p.order.Uint32(head[12:]), size), Time: at, Link: p.link}, err
}

// cutOff returns how much of a packet was not kept; lengths that cannot be count as none.
func cutOff(whole, kept uint32) int {
	if whole <= kept || whole > MaxBlock {
		return 0
	}
	return int(whole - kept)
}

// full fills b. Its error is io.EOF when nothing is left, and [ErrTail] when too little is.
func (p *Reader) full(b []byte) error {
	n, err := io.ReadFull(p.r, b)
	p.at += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTail
	}
	return err
}

// take reads n bytes. The memory it takes grows with what is there, not with what the file says.
func (p *Reader) take(n int64) ([]byte, error) {
	p.block.Reset()
	got, err := io.CopyN(&p.block, p.r, n)
	p.at += got
	if errors.Is(err, io.EOF) {
		err = ErrTail
	}
	return p.block.Bytes(), err
}
