package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// looseMessage is a message as any program writes it: its values may be of any type, so that an odd one costs no more than
// its message.
type looseMessage struct {
	Type   json.RawMessage `json:"type"`
	Time   json.RawMessage `json:"time"`
	Opcode json.RawMessage `json:"opcode"`
	Data   json.RawMessage `json:"data"`
}

// text returns a JSON string, or the JSON text of another value; null and nothing are empty.
func text(raw json.RawMessage) (s string, isString bool) {
	if absent(raw) {
		return "", true
	}
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	return string(raw), false
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

// opcode reads an opcode: a number, also in a string, or its name. Without one the message is text.
func opcode(raw json.RawMessage) (frame.Opcode, error) {
	if absent(raw) {
		return frame.Text, nil
	}
	s, _ := text(raw)
	for op := range frame.Opcode(16) {
		if strings.EqualFold(s, op.String()) {
			return op, nil
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || n != math.Trunc(n) || n < 0 || n > 15 {
		return 0, fmt.Errorf("its opcode is %s: want 0 to 15", cutTo(string(raw), 40))
	}
	return frame.Opcode(n), nil
}

// dateLayouts are how programs write a time as text, the first of them as HAR has it.
var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999"}

// parseDate reads a time as text, in UTC when it has no zone. 0 means none.
func parseDate(s string) int64 {
	for _, layout := range dateLayouts {
		at, err := time.Parse(layout, strings.TrimSpace(s))
		if err == nil && at.Year() >= 1970 && at.Year() < 2262 {
			return at.UnixNano()
		}
	}
	return 0
}

// looseTime reads a time: seconds as a number or as text, or a date. 0 means none.
func looseTime(raw json.RawMessage) (int64, error) {
	s, _ := text(raw)
	if s = strings.TrimSpace(s); s == "" {
		return 0, nil
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return harSeconds(json.Number(s)), nil
	}
	if at := parseDate(s); at != 0 {
		return at, nil
	}
	return 0, fmt.Errorf("its time is %s: want seconds since 1970 or a date", quoted(s))
}

// relativeBelow is the first time, in nanoseconds, that is taken for one since 1970: what is before (1973) counts from the
// beginning of the entry.
const relativeBelow = 100_000_000 * int64(time.Second)

// absolute makes the times of records that count from the beginning of their entry times since 1970, and gives those
// without one the beginning.
func absolute(list []stored, begin int64) {
	for i := range list {
		if t := &list[i].time; *t < relativeBelow && begin >= relativeBelow {
			*t += begin
		}
	}
}

// UnmarshalJSON reads the object or a string, whatever the types of its members are.
func (c *harClose) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		c.aborted = true
		return nil
	}
	var loose struct{ Code, Reason, Timestamp json.RawMessage }
	if err := json.Unmarshal(b, &loose); err != nil {
		return err
	}
	code, _ := text(loose.Code)
	if n, err := strconv.ParseFloat(strings.TrimSpace(code), 64); err == nil && n >= 0 && n <= math.MaxUint16 {
		c.Code = uint16(n)
	}
	c.Reason, _ = text(loose.Reason)
	at, err := looseTime(loose.Timestamp)
	c.at = at
	return err
}
