package packet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// The blocks of pcapng (draft-ietf-opsawg-pcapng §4).
const (
	blockSection   = 0x0A0D0D0A
	blockInterface = 1
	blockOldPacket = 2
	blockSimple    = 3
	blockPacket    = 6
	blockSecrets   = 10

	secretsTLS = 0x544C534B // "TLSK"

	byteOrderMagic  = 0x1A2B3C4D
	optComment      = 1
	optResolution   = 9
	optOffset       = 14
	maxInterfaces   = 1024
	maxComments     = 16 // of a packet; later ones are passed over
	blockHead       = 8
	blockTail       = 4
	microResolution = 6
)

// netInterface is what an interface block says.
type netInterface struct {
	link   Link
	res    uint8 // negative power of 10, or of 2 with the upper bit
	offset int64 // seconds
}

// section reads a section header behind its first four bytes: it says the byte order of what follows.
func (p *Reader) section() error {
	var head [8]byte
	if err := p.full(head[:]); err != nil {
		return notPcap(err)
	}
	switch {
	case binary.LittleEndian.Uint32(head[4:]) == byteOrderMagic:
		p.order = binary.LittleEndian
	case binary.BigEndian.Uint32(head[4:]) == byteOrderMagic:
		p.order = binary.BigEndian
	default:
		return fmt.Errorf("%w: no byte order", ErrNotPcap)
	}
	p.interfaces = p.interfaces[:0]
	size := p.order.Uint32(head[:])
	if size < 12+blockTail+12 || size > MaxBlock || size%4 != 0 {
		return fmt.Errorf("%w: a section header of %d bytes", ErrLength, size)
	}
	_, err := p.take(int64(size) - 12)
	return err
}

// nextBlock reads one block, and says whether it was a packet.
func (p *Reader) nextBlock() (out Packet, found bool, err error) {
	var head [blockHead]byte
	if err := p.full(head[:4]); err != nil {
		return out, false, err
	}
	kind := p.order.Uint32(head[:])
	if kind == blockSection { // the same bytes in both orders
		return out, false, p.section()
	}
	if err := p.full(head[4:]); err != nil {
		return out, false, tail(err)
	}
	size := p.order.Uint32(head[4:])
	if size < blockHead+blockTail || size > MaxBlock || size%4 != 0 {
		return out, false, fmt.Errorf("%w: a block of %d bytes", ErrLength, size)
	}
	body, err := p.take(int64(size) - blockHead)
	if err != nil {
		return out, false, err
	}
	return p.readBlock(kind, body[:len(body)-blockTail])
}

// readBlock reads what stands in a block.
func (p *Reader) readBlock(kind uint32, body []byte) (out Packet, found bool, err error) {
	switch kind {
	case blockInterface:
		return out, false, p.addInterface(body)
	case blockPacket, blockOldPacket:
		if len(body) < 20 {
			return out, false, fmt.Errorf("%w: a packet block of %d bytes", ErrLength, len(body))
		}
		number := p.order.Uint32(body)
		if kind == blockOldPacket {
			number = uint32(p.order.Uint16(body))
		}
		size := p.order.Uint32(body[12:])
		out, found, err = p.packetOf(number, body, body[20:], size)
		if err == nil {
			out.Cut = cutOff(p.order.Uint32(body[16:]), size)
			p.options(body[min(20+int(size+3)&^3, len(body)):], func(code uint16, value []byte) {
				if code == optComment && len(out.Comments) < maxComments {
					out.Comments = append(out.Comments, string(value))
				}
			})
		}
		return out, found, err
	case blockSecrets:
		return out, false, p.secrets(body)
	case blockSimple:
		if len(body) < 4 {
			return out, false, fmt.Errorf("%w: a packet block of %d bytes", ErrLength, len(body))
		}
		whole := p.order.Uint32(body)
		size := min(whole, uint32(len(body)-4))
		out, found, err = p.packetOf(0, nil, body[4:], size)
		out.Cut = cutOff(whole, size)
		return out, found, err
	}
	return out, false, nil // names, statistics, keys, comments
}

// secrets passes on the secrets of a block, if they are of TLS.
func (p *Reader) secrets(body []byte) error {
	if len(body) < 8 {
		return fmt.Errorf("%w: a block of secrets of %d bytes", ErrLength, len(body))
	}
	kind, size := p.order.Uint32(body), p.order.Uint32(body[4:])
	if uint64(size) > uint64(len(body)-8) {
		return fmt.Errorf("%w: %d bytes of secrets in a block of %d", ErrLength, size, len(body))
	}
	if kind == secretsTLS && p.Secrets != nil {
		p.Secrets(body[8 : 8+size])
	}
	return nil
}

// packetOf returns a packet of an interface. Its time stands in head, nil for none.
func (p *Reader) packetOf(number uint32, head, data []byte, size uint32) (Packet, bool, error) {
	switch {
	case uint64(number) >= uint64(len(p.interfaces)):
		return Packet{}, false, fmt.Errorf("%w: a packet of interface %d, which no interface block describes", ErrLength, number)
	case uint64(size) > uint64(len(data)):
		return Packet{}, false, fmt.Errorf("%w: a packet of %d bytes in a block of %d", ErrLength, size, len(data))
	}
	itf := &p.interfaces[number]
	out := Packet{Data: data[:size], Link: itf.link}
	if head != nil {
		out.Time = itf.time(uint64(p.order.Uint32(head[4:]))<<32 | uint64(p.order.Uint32(head[8:])))
	}
	return out, true, nil
}

// time turns ticks of an interface into ns since 1970; 0 for what does not fit.
func (n *netInterface) time(ticks uint64) int64 {
	per := uint64(1) // ticks in a second
	if n.res&0x80 != 0 {
		per = 1 << min(n.res&0x7F, 63)
	} else {
		for range min(n.res, 19) {
			per *= 10
		}
	}
	seconds, rest := ticks/per, ticks%per
	hi, lo := bits.Mul64(rest, 1e9)
	fraction, _ := bits.Div64(hi, lo, per) // rest < per: it fits
	const most = math.MaxInt64 / 2_000_000_000
	if seconds > most || n.offset > most || n.offset < -most {
		return 0
	}
	return (int64(seconds)+n.offset)*1e9 + int64(fraction)
}

func (p *Reader) addInterface(body []byte) error {
	if len(body) < 8 {
		return fmt.Errorf("%w: an interface block of %d bytes", ErrLength, len(body))
	}
	if len(p.interfaces) == maxInterfaces {
		return fmt.Errorf("%w: more than %d interfaces", ErrLength, maxInterfaces)
	}
	n := netInterface{link: Link(p.order.Uint16(body)), res: microResolution}
	p.options(body[8:], func(code uint16, value []byte) {
		switch {
		case code == optResolution && len(value) == 1:
			n.res = value[0]
		case code == optOffset && len(value) == 8:
			n.offset = int64(p.order.Uint64(value))
		}
	})
	p.interfaces = append(p.interfaces, n)
	return nil
}

// options calls each for every option that is whole.
func (p *Reader) options(o []byte, each func(code uint16, value []byte)) {
	for len(o) >= 4 {
		code, size := p.order.Uint16(o), int(p.order.Uint16(o[2:]))
		padded := (size + 3) &^ 3
		if code == 0 || len(o) < 4+padded {
			return
		}
		each(code, o[4:4+size])
		o = o[4+padded:]
	}
}

// tail says of a file that ends where something should follow that it is cut.
func tail(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrTail
	}
	return err
}
