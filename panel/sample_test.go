//go:build !js

package panel_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// binary is a whole binary message in one frame.
func binary(dir record.Dir, b []byte) record.Record {
	r := message(dir, string(b))
	r.Header.Opcode = frame.Binary
	return r
}

// masked masks a frame, as clients do.
func masked(r record.Record) record.Record {
	r.Header.Masked, r.Header.Key = true, [4]byte{0x37, 0xfa, 0x21, 0x3d}
	r.Header.Size += 4
	return r
}

func digits(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err) // a mistake in a test
	}
	return b
}

// picture is a small PNG.
func picture() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 160, 90))
	for y := range 90 {
		for x := range 160 {
			m.Set(x, y, color.RGBA{uint8(x), uint8(2 * y), 180, 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		panic(err) // cannot happen: memory takes all
	}
	return out.Bytes()
}

// squeezed is a message that permessage-deflate made smaller.
func squeezed(dir record.Dir, text string) record.Record {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write([]byte(text))
	_ = w.Flush()
	r := message(dir, text)
	r.Body = r.Payload
	r.Payload = bytes.TrimSuffix(out.Bytes(), []byte{0, 0, 0xFF, 0xFF})
	r.Header.Rsv, r.Header.Length = frame.RSV1, uint64(len(r.Payload))
	r.Wire, r.Compressed = r.Header.Length, true
	return r
}

const openHead = "Host: api.example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"

// opened is the handshake of a connection.
func opened(conn uint32, name string) []record.Record {
	return []record.Record{
		{Conn: conn, Kind: record.KindRequest, Name: name, Remote: "127.0.0.1:50312", Head: []byte("GET " + name + " HTTP/1.1\r\n" + openHead)},
		{Conn: conn, Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n")},
	}
}

// The payloads of sample that tests look at.
const (
	packedOrder = "83 a4 74 79 70 65 a5 6f 72 64 65 72 a2 69 64 cd 04 d2 a5 69 74 65 6d 73 92 a5 61 70 70 6c 65 a4 70 65 61 72" // MessagePack
	protoOrder  = "08 d2 09 12 05 61 70 70 6c 65 1a 04 08 03 10 07"
	mqttPublish = "30 13 00 0b 68 6f 6d 65 2f 6b 69 74 63 68 65 32 31 2e 35 20 43"
)

// sample is a conversation in which everything happens that the panel knows of, some milliseconds apart.
func sample() []record.Record {
	ping := message(record.In, "beat")
	ping.Header.Opcode, ping.Final, ping.Message, ping.Frames = frame.Ping, false, 0, 0
	pong := masked(ping)
	pong.Dir, pong.Header.Opcode = record.Out, frame.Pong
	wrong := message(record.Out, "sent without a mask")
	wrong.Violations = frame.UnmaskedClient
	list := opened(1, "/ws/orders")
	list = append(list,
		masked(message(record.Out, `{"jsonrpc":"2.0","id":7,"method":"orders.list","params":{"since":"2026-01-02","limit":50}}`)),
		message(record.In, `{"jsonrpc":"2.0","id":7,"result":{"orders":[{"id":1234,"items":["apple","pear"],"total":12.5}],"more":false}}`),
		binary(record.In, digits(packedOrder)),
		squeezed(record.In, `{"type":"trade","symbol":"TTHR","price":101.5,"note":"`+strings.Repeat("again and ", 60)+`"}`),
		binary(record.In, digits(protoOrder)), ping, pong,
		masked(binary(record.Out, digits(mqttPublish))),
		binary(record.In, picture()), wrong,
	)
	list = append(list, parts()...)
	second := append(opened(2, "/ws/chat"), message(record.Out, `{"type":"chat","message":"hello"}`), message(record.In, `{"type":"chat","message":"hello","from":"ann"}`),
		record.Record{Kind: record.KindClose, By: record.SideServer, Code: 4003, Reason: "Rate limit exceeded", Clean: true}, record.Record{Kind: record.KindEnd, Reason: "closed"})
	for i := range second {
		second[i].Conn = 2
	}
	list = append(list, second...)
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC).UnixNano()
	for i := range list {
		if list[i].Conn == 0 {
			list[i].Conn = 1
		}
		at += int64(1+i*i%7) * int64(3100*time.Microsecond)
		list[i].Time = at
	}
	return list
}

// dropFile lets go of a file over an element, as a person does with the mouse.
func dropFile(t *testing.T, p *chrome.Page, selector, name string, content []byte) {
	t.Helper()
	chrome.Get[any](t, p, `(() => {
		const data = new DataTransfer();
		const bytes = Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(content)+`"), c => c.charCodeAt(0));
		data.items.add(new File([bytes], `+quote(name)+`));
		document.querySelector(`+quote(selector)+`).dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
	})()`)
}
