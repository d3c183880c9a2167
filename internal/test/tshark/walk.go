package tshark

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// walker walks tshark's JSON token by token, because it repeats keys when a packet holds several frames.
type walker struct {
	json   *json.Decoder
	port   string
	packet packet
	fields map[string]string // of the current frame; nil outside one
	frames []Frame
	err    error // the first field that could not be read
}

// packet is what concerns every frame that a packet completes.
type packet struct {
	source, target string // TCP ports
}

// value reads one value that stands under key, and everything in it. Of arrays the first element counts: with -x a raw
// field is an array that begins with its hex digits.
func (w *walker) value(key string) error {
	token, err := w.json.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tshark's JSON: %w", err)
	}
	switch token {
	case json.Delim('{'):
		return w.object()
	case json.Delim('['):
		return w.array(key)
	}
	text, _ := token.(string)
	w.text(key, text)
	return nil
}

func (w *walker) object() error {
	for w.json.More() {
		token, err := w.json.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		switch name {
		case "_source": // a packet begins
			w.endFrame()
		case "websocket": // a frame begins
			w.endFrame()
			w.fields = map[string]string{}
		}
		if err := w.value(name); err != nil {
			return err
		}
	}
	_, err := w.json.Token()
	return err
}

func (w *walker) array(key string) error {
	for ; w.json.More(); key = "" {
		if err := w.value(key); err != nil {
			return err
		}
	}
	_, err := w.json.Token()
	return err
}

func (w *walker) text(key, text string) {
	switch {
	case key == "tcp.srcport":
		w.packet.source = text
	case key == "tcp.dstport":
		w.packet.target = text
	case w.fields != nil && strings.HasPrefix(key, "websocket."):
		w.fields[key] = text
	}
}

// endFrame makes a Frame of the fields that were gathered.
func (w *walker) endFrame() {
	f := w.fields
	if f == nil {
		return
	}
	w.fields = nil
	length := "websocket.payload_length"
	for _, name := range []string{"websocket.payload_length_ext_16", "websocket.payload_length_ext_64"} {
		if f[name] != "" {
			length = name
		}
	}
	client := w.packet.source
	if client == w.port {
		client = w.packet.target
	}
	w.frames = append(w.frames, Frame{
		ClientPort: client,
		FromServer: w.packet.source == w.port,
		Fin:        f["websocket.fin"] == "1",
		Rsv:        w.number("websocket.rsv", f["websocket.rsv"]),
		Opcode:     w.number("websocket.opcode", f["websocket.opcode"]),
		Masked:     f["websocket.mask"] == "1",
		Key:        f["websocket.masking_key_raw"],
		Length:     w.number(length, f[length]),
		Payload:    f["websocket.payload_raw"],
	})
}

func (w *walker) number(name, text string) uint64 {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("tshark's field %s is %q: %w", name, text, err)
	}
	return n
}
