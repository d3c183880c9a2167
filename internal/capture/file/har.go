package file

import (
	"encoding/json"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// harLog and what follows are the parts of HAR 1.2 that a WebSocket needs. Chrome's importer goes through log.pages, which
// must be there, and wants httpVersion to be a string.
type harLog struct {
	Version string     `json:"version"`
	Creator harCreator `json:"creator"`
	Pages   []struct{} `json:"pages"`
	Entries []harEntry `json:"entries"`
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"` // milliseconds
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`

	ResourceType string       `json:"_resourceType,omitempty"`
	Messages     []harMessage `json:"_webSocketMessages,omitempty"`
	Close        *harClose    `json:"_webSocketClose,omitempty"`
	Frames       []*line      `json:"_webSocketFrames,omitempty"`

	opcode [2]frame.Opcode // of the message that each direction is in; for writing
}

type harRequest struct {
	Method      string     `json:"method"`
	URL         string     `json:"url"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []struct{} `json:"cookies"`
	Headers     []harField `json:"headers"`
	QueryString []harField `json:"queryString"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []struct{} `json:"cookies"`
	Headers     []harField `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
}

type harContent struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	File     string `json:"_file,omitempty"` // Playwright's: where the content is
}

// harTimings is in milliseconds. What does not apply is -1, and ssl is a part of connect, as HAR 1.2 has it.
type harTimings struct {
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	SSL     float64 `json:"ssl"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

func harTimingsOf(r record.Reached) harTimings {
	ms := func(d time.Duration) float64 {
		if d <= 0 {
			return -1
		}
		return float64(d) / 1e6
	}
	return harTimings{DNS: ms(r.Lookup), Connect: ms(r.Connect + r.TLS), SSL: ms(r.TLS), Wait: max(0, ms(r.Response))}
}

// beforeReceive is how long all took but the last.
func (t harTimings) beforeReceive() float64 {
	return max(0, t.DNS) + max(0, t.Connect) + t.Send + t.Wait
}

type harField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// harMessage has the four keys that Chrome, Firefox, mitmproxy, Playwright and HTTP Toolkit share, and one of ours.
type harMessage struct {
	Type   string      `json:"type"` // send, receive or error
	Time   json.Number `json:"time"` // seconds since 1970
	Opcode int         `json:"opcode"`
	Data   string      `json:"data"`           // base64 unless the opcode is 1
	Cut    uint64      `json:"_cut,omitempty"` // bytes of the message that the capture did not keep: ours, other programs ignore it
}

// harClose is HTTP Toolkit's: an object, or the string "aborted".
type harClose struct {
	Code      uint16      `json:"code"`
	Reason    string      `json:"reason"`
	Timestamp json.Number `json:"timestamp,omitempty"`
	aborted   bool
	at        int64 // Timestamp, as it was read
}

// MarshalJSON writes the object or "aborted".
func (c *harClose) MarshalJSON() ([]byte, error) {
	if c.aborted {
		return []byte(`"aborted"`), nil
	}
	type plain harClose
	return json.Marshal((*plain)(c))
}
