package packet

import "encoding/binary"

// radiotap cuts the radio information off, which says its own length (radiotap.org).
func (d *Dissector) radiotap(data []byte) {
	if !d.has(data, 8) {
		return
	}
	size := int(binary.LittleEndian.Uint16(data[2:]))
	if data[0] != 0 || size < 8 || size > len(data) {
		d.omit(WhyDamaged, 0)
		return
	}
	d.wifi(data[size:])
}

// ppi cuts information of the packet off, which says its length and the link of what follows.
func (d *Dissector) ppi(data []byte) {
	if !d.has(data, 8) {
		return
	}
	size, link := int(binary.LittleEndian.Uint16(data[2:])), binary.LittleEndian.Uint32(data[4:])
	if size < 8 || size > len(data) || link > 0xFFFF {
		d.omit(WhyDamaged, 0)
		return
	}
	d.deeper(func() { d.link(data[size:], Link(link)) })
}

// pktap cuts Apple's header off, which says its own length and the link of what follows.
func (d *Dissector) pktap(data []byte) {
	if !d.has(data, 12) {
		return
	}
	size, link := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[8:])
	if size < 12 || uint64(size) > uint64(len(data)) || link > 0xFFFF {
		d.omit(WhyDamaged, 0)
		return
	}
	d.deeper(func() { d.link(data[size:], Link(link)) })
}

// wifi takes the payload of a data frame of IEEE 802.11 that is not encrypted.
func (d *Dissector) wifi(data []byte) {
	const (
		kindData  = 2
		protected = 0x40
		order     = 0x80
		toAndFrom = 3
	)
	switch {
	case !d.has(data, 2):
		return
	case data[0]>>2&3 != kindData, data[0]>>4&4 != 0: // the latter is data without data
		d.omit(WhyNotIP, 0)
		return
	case data[1]&protected != 0:
		d.omit(WhyEncrypted, 0)
		return
	}
	head, quality := 24, 0
	if data[1]&toAndFrom == toAndFrom {
		head += 6 // a fourth address
	}
	if data[0]>>4&8 != 0 { // quality of service
		quality = head
		if head += 2; data[1]&order != 0 {
			head += 4
		}
	}
	if !d.has(data, head) {
		return
	}
	if quality > 0 && data[quality]&0x80 != 0 {
		d.aggregate(data[head:])
		return
	}
	d.snap(data[head:])
}

// aggregate takes the first of several packets in one frame (IEEE 802.11 §9.3.2.2): a segment each would be needed for the rest,
// which are counted.
func (d *Dissector) aggregate(data []byte) {
	const head = 14
	if !d.has(data, head) {
		return
	}
	size := int(binary.BigEndian.Uint16(data[12:]))
	rest := data[min((head+size+3)&^3, len(data)):]
	if len(rest) >= head {
		d.omit(WhyTunnel, 0)
	}
	d.snap(data[head:min(head+size, len(data))])
}
