package cli

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/cli/replay"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// compared is a line of the comparison as JSON.
type compared struct {
	Number int         `json:"number"`
	Dir    string      `json:"dir"` // of what the other end says, as in the capture
	Result string      `json:"result"`
	Want   *digestJSON `json:"want,omitempty"`
	Got    *digestJSON `json:"got,omitempty"`
}

// digestJSON is the digest of a message.
type digestJSON struct {
	Op     string  `json:"op"`
	Length uint64  `json:"length"`
	Text   *string `json:"text,omitempty"` // its first bytes
	Base64 *string `json:"base64,omitempty"`
}

var verdictSigns = map[replay.Verdict]string{
	replay.Same: "=", replay.SameShape: "~", replay.Differs: "!", replay.Missing: "-", replay.Extra: "+",
}

// printComparison prints the comparison.
func (p *replayCommand) printComparison(st *session) error {
	list, more := st.player.Compare()
	dir := "in"
	if p.server {
		dir = "out"
	}
	out := bufio.NewWriter(p.io.Out)
	for _, d := range list {
		p.counts[d.Verdict]++
		if err := p.line(out, dir, &d); err != nil {
			return err
		}
	}
	p.counts[replay.Extra] += more
	sent, frames, _, _ := st.progress()
	c := p.counts
	p.io.notice("%d of %d frames sent; of the %s: %d equal, %d of the same shape, %d different, %d missing, %d more\n",
		sent, frames, p.script.Role.Peer(), c[replay.Same], c[replay.SameShape], c[replay.Differs], c[replay.Missing], c[replay.Extra])
	return out.Flush()
}

func (p *replayCommand) line(out io.Writer, dir string, d *replay.Difference) error {
	if p.json {
		return writeJSON(out, compared{d.Number, dir, string(d.Verdict), newDigestJSON(d.Want), newDigestJSON(d.Got)})
	}
	text := fmt.Appendf(nil, "%s %d", verdictSigns[d.Verdict], d.Number)
	if d.Want != nil {
		text = appendDigest(text, d.Want)
	}
	if d.Verdict == replay.SameShape || d.Verdict == replay.Differs {
		text = append(text, "  came:"...)
	}
	if d.Got != nil && d.Verdict != replay.Same {
		text = appendDigest(text, d.Got)
	}
	_, err := out.Write(append(text, '\n'))
	return err
}

func appendDigest(dst []byte, d *replay.Digest) []byte {
	dst = fmt.Appendf(dst, " %s LEN:%d", d.Op, d.Length)
	if d.Op == frame.Close {
		code, _, _ := frame.ParseClose(d.Preview)
		return fmt.Appendf(dst, " %d", code)
	}
	if len(d.Preview) == 0 {
		return dst
	}
	dst = appendContent(append(dst, ' '), d.Preview)
	if d.Length > uint64(len(d.Preview)) {
		dst = append(dst, "…"...)
	}
	return dst
}

func newDigestJSON(d *replay.Digest) *digestJSON {
	if d == nil {
		return nil
	}
	s := &digestJSON{Op: d.Op.String(), Length: d.Length}
	s.Text, s.Base64 = textOrBytes(string(d.Preview))
	return s
}

// textOrBytes returns the payload as a message holds it: as text when JSON can carry that, else in base64.
func textOrBytes(s string) (text, b64 *string) {
	if utf8.ValidString(s) {
		return &s, nil
	}
	b := base64.StdEncoding.EncodeToString([]byte(s))
	return nil, &b
}
