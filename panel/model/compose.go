package model

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// How a composed payload is written.
const (
	ComposeText  = "text"
	ComposeJSON  = "json" // text that is checked
	ComposeHex   = "hex"
	ComposeFile  = "file"
	ComposeClose = "code" // a close code and a reason
)

// ComposeForms are the ways to write a payload, in the order of the panel.
var ComposeForms = [...]string{ComposeText, ComposeJSON, ComposeHex, ComposeFile, ComposeClose}

// ComposeOps are the opcodes, in the order of the panel.
var ComposeOps = [...]string{
	"text", "binary", "continuation", "close", "ping", "pong", "0x3", "0x4", "0x5", "0x6", "0x7", "0xB", "0xC", "0xD", "0xE", "0xF",
}

// Compose is what a person composes: what stands in the boxes and which switches are on. It is a value: its text form is
// JSON, which is how templates are kept.
type Compose struct {
	Conn   uint32 `json:"-"`
	To     string `json:"to"`   // act.ToClient or act.ToServer
	Form   string `json:"form"` // of ComposeForms
	Op     string `json:"op"`   // of ComposeOps
	Body   string `json:"body"` // text, JSON or hexadecimal digits
	File   []byte `json:"-"`
	Name   string `json:"-"` // of the file
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	NoFin  bool   `json:"noFin,omitempty"`
	Rsv    uint8  `json:"rsv,omitempty"`
	Mask   string `json:"mask,omitempty"` // "": as the direction demands; "on", "off"
	Key    string `json:"key,omitempty"`
	Split  string `json:"split,omitempty"` // number of frames
	Sizes  string `json:"sizes,omitempty"` // of their payloads
	Inside string `json:"inside,omitempty"`
	Force  bool   `json:"-"` // never remembered: breaking rules is decided each time
	Every  string `json:"every,omitempty"`
	Count  string `json:"count,omitempty"`
}

// NewCompose returns what an empty composer has.
func NewCompose() Compose {
	return Compose{To: act.ToClient, Form: ComposeText, Op: "text", Every: "1000", Count: "10"}
}

// Set changes a box or a choice by its name in the panel, and reports whether there is one of that name.
func (c *Compose) Set(name, value string) bool {
	boxes := map[string]*string{
		"to": &c.To, "form": &c.Form, "op": &c.Op, "body": &c.Body, "code": &c.Code, "reason": &c.Reason, "mask": &c.Mask,
		"key": &c.Key, "split": &c.Split, "sizes": &c.Sizes, "inside": &c.Inside, "every": &c.Every, "count": &c.Count,
	}
	if box := boxes[name]; box != nil {
		*box = value
		c.Force = false
		return true
	}
	return false
}

// SetConn chooses the connection that the message goes into.
func (c *Compose) SetConn(id uint32) { c.Conn, c.Force = id, false }

// ToggleFin changes the FIN bit of the last frame.
func (c *Compose) ToggleFin() { c.NoFin, c.Force = !c.NoFin, false }

// ToggleRsv changes a reserved bit of the first frame: 4 is RSV1, 2 is RSV2, 1 is RSV3.
func (c *Compose) ToggleRsv(bit uint8) { c.Rsv, c.Force = c.Rsv^bit&7, false }

// ToggleForce changes whether the message may violate the protocol. Every other change takes it back.
func (c *Compose) ToggleForce() { c.Force = !c.Force }

// ComposeError is something in a box that cannot be sent: which box, and where in it.
type ComposeError struct {
	Box          string
	Text         string
	Line, Column int // from 1 up; 0 if that means nothing
}

// Error says what is wrong, and where.
func (e *ComposeError) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return "line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": " + e.Text
}

// at says that something is wrong at a byte of a text.
func (c *Compose) at(offset int, text string) error {
	offset = max(0, min(offset, len(c.Body)))
	before := c.Body[:offset]
	line := strings.LastIndexByte(before, '\n') + 1
	return &ComposeError{"body", text, strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[line:]) + 1}
}

// Message returns what is to be sent. The error is a [*ComposeError].
func (c *Compose) Message() (act.Message, error) {
	m := act.Message{To: c.To, Op: c.Op, Rsv: c.Rsv, Key: strings.TrimSpace(c.Key), Inside: c.Inside, Force: c.Force}
	if c.NoFin {
		m.Fin = new(bool)
	}
	if c.Mask != "" {
		on := c.Mask == "on"
		m.Mask = &on
	}
	if err := c.payload(&m); err != nil {
		return m, err
	}
	if text := strings.TrimSpace(c.Split); text != "" {
		v, err := strconv.Atoi(text)
		if err != nil || v < 1 {
			return m, &ComposeError{Box: "split", Text: "the number of frames must be 1 or more"}
		}
		m.Split = v
	}
	for text := range strings.FieldsFuncSeq(c.Sizes, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		v, err := strconv.Atoi(text)
		if err != nil || v < 0 {
			return m, &ComposeError{Box: "sizes", Text: strconv.Quote(text) + " is no size in bytes; write sizes with commas between, as 10, 0, 200"}
		}
		m.Sizes = append(m.Sizes, v)
	}
	return m, nil
}

// payload puts the payload into m.
func (c *Compose) payload(m *act.Message) error {
	switch c.Form {
	case ComposeJSON:
		var syntax *json.SyntaxError
		if err := json.Unmarshal([]byte(c.Body), new(json.RawMessage)); errors.As(err, &syntax) {
			return c.at(int(syntax.Offset)-1, "not JSON: "+err.Error())
		}
		m.Text = &c.Body
	case ComposeHex:
		if _, err := act.ParseHex(c.Body); err != nil {
			var field *act.FieldError
			errors.As(err, &field)
			return c.at(field.Offset, "the payload "+field.Problem)
		}
		m.Hex = &c.Body
	case ComposeFile:
		if c.Name == "" {
			return &ComposeError{Box: "file", Text: "choose a file first"}
		}
		text := base64.StdEncoding.EncodeToString(c.File)
		m.Base64 = &text
	case ComposeClose:
		m.Reason = c.Reason
		if strings.TrimSpace(c.Code) == "" && c.Reason == "" {
			return nil // an empty payload: 1005 at the receiver
		}
		n, err := strconv.ParseUint(strings.TrimSpace(c.Code), 10, 16)
		if err != nil {
			return &ComposeError{Box: "code", Text: "a close code is a number from 0 to 65535"}
		}
		code := uint16(n)
		m.Code = &code
	default:
		m.Text = &c.Body
	}
	return nil
}

// Draft is what a composed message would be on the wire.
type Draft struct {
	Error    string // why it cannot be sent; the rest is empty then
	Frames   int
	Bytes    int
	Hex      string // its first bytes; masking keys are drawn again when it is sent
	Problems []act.Problem
}

// maxDraft is how many bytes of a draft are shown.
const maxDraft = 96

// Draft makes the frames and names the rules that they would break on a connection; k may be nil.
func (c *Compose) Draft(k *Conn) Draft {
	m, err := c.Message()
	if err != nil {
		return Draft{Error: err.Error()}
	}
	n := byte(0)
	frames, err := m.Frames(func() [4]byte { n++; return [4]byte{0x5C, 0x09, 0xE0, n | 1<<7} })
	if err != nil {
		return Draft{Error: err.Error()}
	}
	at := act.Place{ToServer: c.To == act.ToServer}
	if k != nil {
		at.Deflate = (*act.Deflate)(frame.ParseHandshake(k.request, k.response).Deflate)
	}
	d := Draft{Bytes: len(frames), Hex: format.Hex(frames, maxDraft), Problems: act.Check(frames, at)}
	for len(frames) > 0 {
		h, size := frame.ParseHeader(frames)
		frames = frames[size+int(h.Length):]
		d.Frames++
	}
	return d
}
