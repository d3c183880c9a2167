//go:build !js

package frame

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
)

// pcap writes a classic capture file of one TCP connection over Ethernet and IPv4, for oracles that read those.
// Checksums are zero: they are not checked unless asked for.
type pcap struct {
	b    bytes.Buffer
	next [2]uint32 // sequence numbers: of the client, of the server
	n    uint32    // packets
}

const (
	pcapPort = 7316 // of the server
	tcpAck   = 0x10
	tcpPush  = 0x08
	tcpSyn   = 0x02
	tcpFin   = 0x01
)

func newPcap() *pcap {
	p := &pcap{next: [2]uint32{1000, 5000}}
	for _, v := range []uint32{0xA1B2C3D4, 2 | 4<<16, 0, 0, 1 << 18, 1} { // version 2.4, link type Ethernet
		_ = binary.Write(&p.b, binary.LittleEndian, v)
	}
	p.packet(0, tcpSyn, nil)
	p.packet(1, tcpSyn|tcpAck, nil)
	p.packet(0, tcpAck, nil)
	return p
}

// data sends bytes from one side (0: the client) in segments of at most mss bytes.
func (p *pcap) data(from int, b []byte, mss int) {
	for len(b) > 0 {
		n := min(mss, len(b))
		p.packet(from, tcpPush|tcpAck, b[:n])
		b = b[n:]
	}
}

func (p *pcap) packet(from int, flags byte, payload []byte) {
	ports := [2]uint16{50000, pcapPort}
	hosts := [2][4]byte{{10, 0, 0, 1}, {10, 0, 0, 2}}
	to := 1 - from
	var out []byte
	out = append(out, 2, 0, 0, 0, 0, byte(to), 2, 0, 0, 0, 0, byte(from), 8, 0) // Ethernet, IPv4
	out = append(out, 0x45, 0)
	out = binary.BigEndian.AppendUint16(out, uint16(40+len(payload)))
	out = append(out, 0, 0, 0x40, 0, 64, 6, 0, 0)
	out = append(append(out, hosts[from][:]...), hosts[to][:]...)
	out = binary.BigEndian.AppendUint16(out, ports[from])
	out = binary.BigEndian.AppendUint16(out, ports[to])
	out = binary.BigEndian.AppendUint32(out, p.next[from])
	out = binary.BigEndian.AppendUint32(out, p.next[to])
	out = append(out, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0)
	out = append(out, payload...)

	p.next[from] += uint32(len(payload))
	if flags&(tcpSyn|tcpFin) != 0 {
		p.next[from]++
	}
	p.n++
	for _, v := range []uint32{1_700_000_000 + p.n/1000, p.n % 1000 * 1000, uint32(len(out)), uint32(len(out))} {
		_ = binary.Write(&p.b, binary.LittleEndian, v)
	}
	p.b.Write(out)
}

// write ends the connection and saves the file.
func (p *pcap) write(t *testing.T, name string) {
	t.Helper()
	p.packet(0, tcpFin|tcpAck, nil)
	p.packet(1, tcpFin|tcpAck, nil)
	p.packet(0, tcpAck, nil)
	if err := os.WriteFile(name, p.b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
