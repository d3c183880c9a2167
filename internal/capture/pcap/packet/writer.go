package packet

import (
	"bufio"
	"encoding/binary"
	"io"
)

// Writer writes Ethernet packets as a pcapng file, with times to the nanosecond. It is for one goroutine.
type Writer struct {
	w   *bufio.Writer
	buf []byte
}

// NewWriter begins a file. Application names the program, description what the packets are. Call Flush, or the last
// packets are lost.
func NewWriter(w io.Writer, application, description string) (*Writer, error) {
	p := &Writer{w: bufio.NewWriterSize(w, 64<<10)}
	section := binary.LittleEndian.AppendUint32(nil, byteOrderMagic)
	section = append(section, 1, 0, 0, 0)                                   // version 1.0
	section = binary.LittleEndian.AppendUint64(section, 0xFFFFFFFFFFFFFFFF) // unspecified length
	section = appendOption(section, 4, []byte(application))
	if err := p.block(blockSection, append(section, 0, 0, 0, 0)); err != nil {
		return nil, err
	}
	itf := []byte{byte(LinkEthernet), 0, 0, 0, 0, 0, 0, 0} // no limit on lengths
	itf = appendOption(itf, 2, []byte("tetherscope"))
	itf = appendOption(itf, 3, []byte(description))
	itf = appendOption(itf, optResolution, []byte{9})
	return p, p.block(blockInterface, append(itf, 0, 0, 0, 0))
}

// Write writes a packet that was seen at a time, in ns since 1970 UTC, with a comment unless that is empty.
func (p *Writer) Write(at int64, data []byte, comment string) error {
	t := uint64(max(at, 0))
	b := append(p.buf[:0], 0, 0, 0, 0) // of the only interface
	b = binary.LittleEndian.AppendUint32(b, uint32(t>>32))
	b = binary.LittleEndian.AppendUint32(b, uint32(t))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	p.buf = pad(append(b, data...))
	if comment != "" {
		p.buf = append(appendOption(p.buf, optComment, []byte(comment)), 0, 0, 0, 0)
	}
	return p.block(blockPacket, p.buf)
}

// Flush writes what is buffered.
func (p *Writer) Flush() error { return p.w.Flush() }

func (p *Writer) block(kind uint32, body []byte) error {
	size := uint32(blockHead + len(body) + blockTail)
	head := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), size)
	for _, b := range [...][]byte{head, body, head[4:]} {
		if _, err := p.w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func appendOption(dst []byte, code uint16, value []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, code)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(value)))
	return pad(append(dst, value...))
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
