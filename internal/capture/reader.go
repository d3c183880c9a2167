package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tetherscope/tetherscope/internal/record"
)

// ErrNotPcap is the error of [Read] for what is neither pcap nor pcapng.
var ErrNotPcap = errors.New("not a pcap or pcapng file")

// magics are the first four bytes of pcapng, and of pcap in both byte orders with microseconds and nanoseconds.
var magics = []string{"\x0A\x0D\x0D\x0A", "\xD4\xC3\xB2\xA1", "\xA1\xB2\xC3\xD4", "\x4D\x3C\xB2\xA1", "\xA1\xB2\x3C\x4D"}

// Recognises reports whether a file that begins with start is pcap or pcapng.
func Recognises(start []byte) bool {
	for _, m := range magics {
		if len(start) >= 4 && string(start[:4]) == m {
			return true
		}
	}
	return false
}

// packets is what both kinds of file give.
type packets interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

// Read reads the WebSockets in a pcap or pcapng file: records in the order of the packets that completed them, numbered
// from 1. What is not WebSocket over plain TCP is passed over. A file that is cut or damaged is told as damage; what
// stands before is kept. The error is [ErrNotPcap] or of v.Record.
func Read(r io.Reader, v record.Visitor) error {
	b := bufio.NewReaderSize(r, 64<<10)
	start, _ := b.Peek(4)
	if !Recognises(start) {
		return ErrNotPcap
	}
	file, linkType, err := open(b, string(start) == magics[0])
	if err != nil {
		tell(v, fmt.Errorf("the head of the file: %w", err))
		return nil
	}
	s := newStreams(v)
	for n := 1; ; n++ {
		data, info, err := file.ReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tell(v, fmt.Errorf("packet %d cannot be read, nor what follows: %w", n, err))
			break
		}
		if err := s.packet(data, info.Timestamp, linkType(info.InterfaceIndex)); err != nil {
			return err
		}
	}
	return s.end()
}

func tell(v record.Visitor, err error) {
	if v.Damage != nil {
		v.Damage(&record.Damage{Err: err})
	}
}

// open returns the packets of a file, and what kind of packets an interface has.
func open(r io.Reader, ng bool) (packets, func(int) layers.LinkType, error) {
	if !ng {
		p, err := pcapgo.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return p, func(int) layers.LinkType { return p.LinkType() }, nil
	}
	p, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return nil, nil, err
	}
	return p, func(i int) layers.LinkType {
		itf, err := p.Interface(i)
		if err != nil {
			return layers.LinkTypeNull
		}
		return itf.LinkType
	}, nil
}

// segment is what a TCP packet says.
type segment struct {
	from, to           endpoint
	seq                uint32
	syn, ack, fin, rst bool
	payload            []byte
	at                 int64
}

// parse takes a packet apart; false when it is not TCP over IP.
func parse(data []byte, at time.Time, link layers.LinkType) (s segment, ok bool) {
	p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	tcp, _ := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
	if tcp == nil || p.NetworkLayer() == nil {
		return s, false
	}
	src, dst := p.NetworkLayer().NetworkFlow().Endpoints()
	s = segment{
		from: newEndpoint(src.Raw(), uint16(tcp.SrcPort)), to: newEndpoint(dst.Raw(), uint16(tcp.DstPort)),
		seq: tcp.Seq, syn: tcp.SYN, ack: tcp.ACK, fin: tcp.FIN, rst: tcp.RST, payload: tcp.Payload, at: at.UnixNano(),
	}
	return s, s.from.IsValid() && s.to.IsValid()
}
