package act

import "github.com/tetherscope/tetherscope/internal/frame"

// Problem is a rule that a message breaks.
type Problem struct {
	Name        string `json:"name"`        // a few words: "masked server frame"
	Section     string `json:"section"`     // "RFC 6455 §5.1"
	Explanation string `json:"explanation"` // one sentence
}

// Place is what the rules need to know of the direction that a message is put into.
type Place struct {
	ToServer  bool
	Deflate   *Deflate // as agreed; nil for no compression
	InMessage bool     // a fragmented message is under way
}

// Deflate is what a handshake agreed on for permessage-deflate (RFC 7692 §7.1).
type Deflate struct {
	ServerNoContextTakeover bool // each message of the server is compressed on its own
	ClientNoContextTakeover bool // each message of the client is compressed on its own
	ServerMaxWindowBits     int  // 8 to 15: the server's window has 1<<bits bytes; 0 means 15
	ClientMaxWindowBits     int  // the same for the client
}

// leftOpen is no fault of a message by itself, but what follows it becomes one.
var leftOpen = Problem{
	"message left open", "RFC 6455 §5.4",
	"The last frame has no FIN, so the next text or binary frame of the application stands inside this message, which its receiver must not take.",
}

// enters says why a compressed message does not go unnoticed.
var enters = Problem{
	"compressed into a shared context", "RFC 7692 §7.1.1",
	"Its receiver keeps it as context for later messages and its sender does not, so messages of the application may no longer inflate.",
}

// Check returns the rules that frames would break at a place, in a fixed order; nil for none. The frames are whole, as
// [Message.Frames] makes them.
func Check(frames []byte, at Place) (list []Problem) {
	d := frame.NewDecoder(frame.Config{FromClient: at.ToServer, Deflate: (*frame.DeflateParams)(at.Deflate), MaxInflate: MaxPayload, Snap: -1})
	if at.InMessage {
		d.Feed(frame.AppendFrame(nil, frame.Header{Opcode: frame.Binary}, nil), func(*frame.Frame) {})
	}
	var broken frame.Violations
	shared := false
	d.Feed(frames, func(f *frame.Frame) {
		broken |= f.Violations
		if m := f.Message; m != nil && m.Compressed {
			shared = !at.forgets()
			broken |= m.Violations
		}
	})
	list = problems(broken)
	if shared {
		list = append(list, enters)
	}
	if d.State().InMessage && !at.InMessage {
		list = append(list, leftOpen)
	}
	return list
}

// forgets reports whether each compressed message of the direction begins with an empty context.
func (at Place) forgets() bool {
	if at.ToServer {
		return at.Deflate.ClientNoContextTakeover
	}
	return at.Deflate.ServerNoContextTakeover
}

// problems puts broken rules into words.
func problems(v frame.Violations) (list []Problem) {
	for one := range v.All() {
		list = append(list, Problem{one.Name, one.Section, one.Explanation})
	}
	return list
}
