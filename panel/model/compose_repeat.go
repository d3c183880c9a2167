package model

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// recompose returns a composer filled with the selected frame or message, so that sending it repeats it, uncompressed and in
// one frame. The error says why that cannot be.
func recompose(d *selection) (Compose, error) {
	c := NewCompose()
	switch {
	case !d.selected || d.connOnly || d.rec.Kind != record.KindFrame:
		return c, errors.New("select a frame or a message first")
	case d.cutPayload || d.rec.Final && d.rec.Body != nil && uint64(len(d.rec.Body)) < d.rec.Inflated:
		return c, errors.New("the captured payload is truncated, so it cannot be sent again unchanged")
	}
	c.Conn = d.conn
	if d.rec.Dir == record.Out {
		c.To = act.ToServer
	}
	content, op := d.rec.Payload, d.rec.Header.Opcode
	c.NoFin, c.Rsv = !d.rec.Header.Fin, d.rec.Header.Rsv
	if d.rec.Final {
		content, op = d.rec.Bytes(), d.opcode
		if d.compressed {
			c.Rsv &^= frame.RSV1
		}
	}
	fillCompose(&c, content, op)
	return c, nil
}

// fillCompose fills the boxes with a payload.
func fillCompose(c *Compose, content []byte, op frame.Opcode) {
	c.Op = op.String()
	if !slices.Contains(ComposeOps[:], c.Op) {
		c.Op = "0x" + strings.ToUpper(strconv.FormatUint(uint64(op), 16))
	}
	c.Form, c.Body = ComposeHex, format.Hex(content, len(content))
	switch {
	case op == frame.Close && len(content) >= 2 && utf8.Valid(content[2:]):
		c.Form, c.Body = ComposeClose, ""
		c.Code, c.Reason = strconv.Itoa(int(content[0])<<8|int(content[1])), string(content[2:])
	case utf8.Valid(content) && op != frame.Binary:
		c.Form, c.Body = ComposeText, string(content)
		if json.Valid(content) && len(content) > 0 && (content[0] == '{' || content[0] == '[') {
			c.Form = ComposeJSON
		}
	}
}
