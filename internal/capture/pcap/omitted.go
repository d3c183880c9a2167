package pcap

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/tlsdecrypt"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// protocol is what a TCP connection carries, as its first bytes tell.
type protocol uint8

const (
	protocolNone protocol = iota // no bytes were seen
	protocolOther
	protocolTLS
	protocolHTTP2
)

// http2Preface is what a client of HTTP/2 begins with (RFC 9113 §3.4).
const http2Preface = "PRI * HTTP/2.0\r\n"

// protocolOf tells from bytes of a connection what it carries.
func protocolOf(p []byte) protocol {
	switch {
	case bytes.HasPrefix(p, []byte(http2Preface)):
		return protocolHTTP2
	case len(p) >= 5 && p[0] >= 20 && p[0] <= 23 && p[1] == 3 && p[2] <= 4 && int(p[3])<<8|int(p[4]) <= 1<<14+2048:
		return protocolTLS // a record (RFC 8446 §5.1)
	}
	return protocolOther
}

// look tells from the first bytes of a half what the connection carries. HTTP/1 may be followed by something else.
func (c *conn) look(who int, p []byte) {
	if _, http := beginsHead(p); http && !bytes.HasPrefix(p, []byte(http2Preface)) {
		c.protocol = max(c.protocol, protocolOther)
		return
	}
	c.looked[who] = true
	c.protocol = max(c.protocol, protocolOf(p))
}

// omissions counts what is passed over.
type omissions struct {
	streams    map[protocol]uint64
	cipher     uint64            // TLS connections with a cipher suite or a version that is not read
	tables     uint64            // HTTP/2 connections with fields that are not known
	unproven   uint64            // connections that began before the capture
	extensions map[string]uint64 // connections by an extension that is not known
	cut        uint64            // packets whose payload was cut
	large      uint64            // frames of which not all is kept
	short      uint64            // and those of which the process may keep no more
	memory     uint64            // how often there was no memory for what waits
}

// maxExtensions is how many names of extensions are counted one by one.
const maxExtensions = 16

func (o *omissions) extension(name string) {
	if o.extensions == nil {
		o.extensions = map[string]uint64{}
	}
	if _, known := o.extensions[name]; !known && len(o.extensions) >= maxExtensions {
		name = "others"
	}
	o.extensions[name]++
}

// stream counts a connection that is over, unless it is a WebSocket.
func (o *omissions) stream(st *stream) {
	switch c := &st.ws; {
	case c.was:
	case c.protocol == protocolTLS && errors.Is(c.tls.err, tlsdecrypt.ErrCipher), errors.Is(c.tls.err, tlsdecrypt.ErrVersion):
		o.cipher++
	case c.http2.joined:
		o.tables++
	case c.protocol == protocolOther && !st.began:
		o.unproven++
	default:
		if o.streams == nil {
			o.streams = map[protocol]uint64{}
		}
		o.streams[c.protocol]++
	}
}

// list says in words what was counted, of packets and of what was in them.
func (o *omissions) list(packets map[packet.Omission]uint64) []record.Omission {
	list := []record.Omission{
		{Reason: "snaplen", Count: o.cut, Unit: "packets", Text: "the capture has only their beginning", Advice: "capture again with a larger snap length: tcpdump -s 0"},
		{Reason: "tls", Count: o.streams[protocolTLS], Unit: "TCP connections", Text: "encrypted with TLS, and their secrets or their beginnings are not there", Advice: "give the key log that a browser, curl, Node or Go writes (SSLKEYLOGFILE): -keylog FILE, or dropped on the panel together with the capture; or let the client connect through a target of tetherscope"},
		{Reason: "tls-cipher", Count: o.cipher, Unit: "TCP connections", Text: "encrypted with a version or a cipher of TLS that is not read: AES-GCM, AES-CBC and ChaCha20-Poly1305 of TLS 1.2 and 1.3 are"},
		{Reason: "http2", Count: o.streams[protocolHTTP2], Unit: "TCP connections", Text: "HTTP/2 without a WebSocket"},
		{Reason: "http2-tables", Count: o.tables, Unit: "HTTP/2 connections", Text: "HTTP/2 without tables: header fields refer to earlier ones that are not in the capture, and are shown as unknown; a WebSocket that only they tell of is not found", Advice: "begin to capture before the connection is opened"},
		{Reason: "unproven", Count: o.unproven, Unit: "TCP connections", Text: "they began before the capture, and nothing proves that they are WebSockets", Advice: "begin to capture before the connection is opened"},
		{Reason: "not-websocket", Count: o.streams[protocolOther], Unit: "TCP connections", Text: "no WebSocket"},
		{Reason: "no-data", Count: o.streams[protocolNone], Unit: "TCP connections", Text: "without data"},
		{Reason: "large", Count: o.large, Unit: "frames", Text: fmt.Sprintf("longer than %d MiB, of which the beginning is kept", MaxPayload>>20)},
	}
	list = append(list,
		record.Omission{Reason: "memory-frames", Count: o.short, Unit: "frames", Text: "there was no memory for all of their payload, of which the beginning is kept", Advice: "read fewer or smaller captures at once"},
		record.Omission{Reason: "memory", Count: o.memory, Unit: "times", Text: "there was no memory for what waits for missing packets, heads or secrets: it was given up", Advice: "read fewer or smaller captures at once"},
	)
	for _, name := range slices.Sorted(maps.Keys(o.extensions)) {
		list = append(list, record.Omission{
			Reason: "extension", Count: o.extensions[name], Unit: "WebSockets",
			Text: "the extension " + strconv.Quote(name) + " was negotiated and is not known here: frames are shown as they passed, and not judged by rules that it may change",
		})
	}
	list = slices.DeleteFunc(list, func(one record.Omission) bool { return one.Count == 0 })
	return append(packetOmissions(packets), list...)
}

// packetOmissions says in words for which reasons packets were passed over.
func packetOmissions(counts map[packet.Omission]uint64) (list []record.Omission) {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b packet.Omission) int {
		return cmp.Or(cmp.Compare(a.Why, b.Why), cmp.Compare(a.Number, b.Number))
	})
	for _, k := range keys {
		o := record.Omission{Count: counts[k], Unit: "packets"}
		n := int(k.Number)
		switch k.Why {
		case packet.WhyLink:
			o.Reason, o.Text = "link", fmt.Sprintf("link type %d is not read", n)
			o.Advice = "capture on another interface, or export from Wireshark as Ethernet or raw IP"
		case packet.WhyNotIP:
			o.Reason, o.Text = "not-ip", "not IP"+typeName(n)
		case packet.WhyNotTCP:
			o.Reason, o.Text = "not-tcp", "not TCP"+protocolName(n)
		case packet.WhyTunnel:
			o.Reason, o.Text = "encapsulation", fmt.Sprintf("in a tunnel or behind a header that is not read (%#04x)", n)
			o.Advice = "capture inside the tunnel"
		case packet.WhyEncrypted:
			o.Reason, o.Text, o.Advice = "encrypted", "IPsec", "capture inside the tunnel"
			if n == 0 {
				o.Text, o.Advice = "encrypted 802.11 (Wi-Fi)", "capture on the computer itself, or decrypt first: airdecap-ng -e NETWORK -p PASSPHRASE FILE writes FILE-dec.cap"
			}
		case packet.WhyFragments:
			o.Reason, o.Text = "fragments", "fragments of IP packets that the capture does not have whole"
			o.Advice = "capture with a filter that later fragments pass: they have no port"
		case packet.WhyCut:
			o.Reason, o.Text, o.Advice = "snaplen-headers", "the capture has less than their headers", "capture again with a larger snap length: tcpdump -s 0"
		case packet.WhyDamaged:
			o.Reason, o.Text = "damaged", "a header that cannot be"
		}
		list = append(list, o)
	}
	return list
}

// typeName names a type of Ethernet.
func typeName(n int) string {
	switch n {
	case 0:
		return ""
	case 0x0806:
		return " (ARP)"
	}
	return fmt.Sprintf(" (type %#04x)", n)
}

// protocolName names a protocol of IP.
func protocolName(n int) string {
	if name := map[int]string{1: "ICMP", 2: "IGMP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}[n]; name != "" {
		return " (" + name + ")"
	}
	return fmt.Sprintf(" (protocol %d)", n)
}
