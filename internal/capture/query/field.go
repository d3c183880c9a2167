package query

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Field is something that a row has as a number or as a short text.
type Field uint8

// The fields. [Fields] says what each is; the unit of a number stands behind it here.
const (
	Seq        Field = iota // number of the record in the capture
	Conn                    // number of the connection
	Dir                     // record.Dir
	Op                      // opcode, 0 to 15: of the message in the view of messages, else of the frame
	Kind                    // record.Kind; 0 for a gap
	Leg                     // record.Leg
	By                      // record.Side
	Fin                     // 0 or 1
	Rsv                     // three bits: 4 is RSV1, 1 is RSV3
	Mask                    // 0 or 1
	Len                     // bytes, as the application gets them; of the frame in the view of frames
	Wire                    // bytes of payload on the wire
	Ratio                   // not asked of a row: Len / Wire
	RTT                     // nanoseconds; a pong that answers a ping
	Latency                 // nanoseconds; a response whose request is known
	ProxyDelay              // nanoseconds; a frame that passed through a proxy
	TargetTime              // nanoseconds; the response of a proxy's target
	Delta                   // nanoseconds since the row before on the same connection
	At                      // nanoseconds since the first row of the capture
	Clock                   // nanoseconds since midnight, by the clocks where it is read
	Msg                     // number of the message in its direction
	Frames                  // how many frames the message has
	Frag                    // 0 or 1: the row is a fragment, or a message of more than one
	Compressed              // 0 or 1
	Cut                     // 0 or 1: fewer bytes were kept than there were
	Code                    // close code, of a close frame and of the end of a connection
	Clean                   // 0 or 1: the closing handshake was complete
	Lint                    // frame.Violations
	Mark                    // 0 or 1: marked by a person
	Is                      // record.Marks
	Path                    // text: path and query that the connection was opened to; other names of it on lines of their own
	App                     // text: program, process ID and page of the client, each on a line of its own; "" when unknown
	Host                    // text: host and port that the client named
	Node                    // text: name of the node that the connection is on; "" when unknown
	File                    // text: name of the file that the record is in; "" for none
	Note                    // text: written by a person
	Words                   // text: what the grid shows for a row beside its payload; not a name of the language
	Hex                     // not asked of a row: bytes in the payload
	numFields
)

// Row is what a query asks about. Its methods are called many million times: Number must not allocate.
type Row interface {
	// Number returns a field, and false when this row has none: no code unless it is about a close.
	Number(Field) (n int64, ok bool)
	// Text returns Path, App, Host, Node, File, Note or Words, "" for none.
	Text(Field) string
	// Payload returns the bytes of the row that were kept, as the application gets them. The query only reads them, and
	// only before Match or Push returns.
	Payload() []byte
}

// class says how the value of a field is written.
type class uint8

const (
	classFlag class = iota
	classNumber
	classSize
	classDuration
	classRatio
	classClock
	classNames
	classText
	classHex
)

// info is one line of the language's table.
type info struct {
	field   Field
	name    string
	class   class
	alone   bool // the name alone is a test
	cost    int
	names   []named
	help    string
	example string
	also    []string // other names of it
	hidden  bool
}

// named is one name of a value, or of several values: the bits of mask.
type named struct {
	name string
	mask uint64
	help string
}

func bit[T ~uint8](v T) uint64 { return 1 << v }

var fields = [numFields]info{
	Dir: {name: "dir", class: classNames, help: "who sent it, as the client sees it", example: "dir:in", also: []string{"direction"}, names: []named{
		{"in", bit(record.In), "received by the client"}, {"out", bit(record.Out), "sent by the client"},
	}},
	Op: {name: "op", class: classNames, help: "opcode", example: "op:text,binary", also: []string{"opcode"}, names: []named{
		{"text", bit(frame.Text), ""},
		{"binary", bit(frame.Binary), ""},
		{"cont", bit(frame.Continuation), "a fragment after the first"},
		{"ping", bit(frame.Ping), ""},
		{"pong", bit(frame.Pong), ""},
		{"close", bit(frame.Close), ""},
		{"data", bit(frame.Text) | bit(frame.Binary) | bit(frame.Continuation), "text, binary and their fragments"},
		{"control", 0xFF00, "close, ping, pong and B to F"},
		{"reserved", 0xF8F8, "3 to 7 and B to F, without a meaning in RFC 6455"},
		{"bin", bit(frame.Binary), ""},
	}},
	Kind: {name: "kind", class: classNames, help: "what the row is about", example: "kind:close", names: []named{
		{"frame", bit(record.KindFrame), "a message or a frame"},
		{"request", bit(record.KindRequest), "the handshake's request"},
		{"response", bit(record.KindResponse), "the handshake's response"},
		{"close", bit(record.KindClose), "the end of a connection, with its code"},
		{"end", bit(record.KindEnd), "the end of TCP"},
		{"broken", bit(record.KindBroken), "a stream that cannot be decoded"},
		{"note", bit(record.KindNote), "what a client in a page reported of itself"},
		{"gap", 1, "missing records"},
		{"event", 0xF6, "everything but frames and gaps"},
	}},
	Leg: {name: "leg", class: classNames, help: "side of a tapped proxy", example: "leg:upstream", names: []named{
		{"client", bit(record.LegClient), ""}, {"upstream", bit(record.LegUpstream), ""},
	}},
	By: {name: "by", class: classNames, help: "who ended the connection", example: "by:server", names: []named{
		{"client", bit(record.SideClient), ""}, {"server", bit(record.SideServer), ""}, {"none", bit(record.SideNone), "neither side, or unknown"},
	}},
	Fin:        {name: "fin", class: classFlag, alone: true, help: "FIN is set", example: "-fin"},
	Rsv:        {name: "rsv", class: classNumber, alone: true, help: "reserved bits: 4 is RSV1, 2 RSV2, 1 RSV3", example: "rsv:4"},
	Mask:       {name: "mask", class: classFlag, alone: true, help: "the frame is masked", example: "mask"},
	Len:        {name: "len", class: classSize, help: "payload bytes, inflated", example: "len>1k", also: []string{"length", "size"}},
	Wire:       {name: "wire", class: classSize, help: "payload bytes on the wire", example: "wire<=125"},
	Ratio:      {name: "ratio", class: classRatio, cost: 1, help: "len ÷ wire; under 1, compression made it bigger", example: "ratio<1"},
	RTT:        {name: "rtt", class: classDuration, alone: true, help: "time from ping to pong", example: "rtt>50ms"},
	Latency:    {name: "latency", class: classDuration, alone: true, help: "time from request to response", example: "latency>1s"},
	ProxyDelay: {name: "proxydelay", class: classDuration, alone: true, help: "time in the proxy, from one leg to the other; known in the panel", example: "proxydelay>10ms", also: []string{"stood"}},
	TargetTime: {name: "targettime", class: classDuration, alone: true, help: "time that a proxy's target took to respond to the handshake", example: "targettime>1s", also: []string{"answer"}},
	Delta:      {name: "delta", class: classDuration, help: "time since the row before on the connection", example: "delta>30s"},
	At:         {name: "at", class: classDuration, help: "time since the capture began", example: "at:5s..10s"},
	Clock:      {name: "time", class: classClock, help: "time of day where you are; a time without a fraction is the whole second", example: "time:14:02:11..14:02:15", also: []string{"clock"}},
	Conn:       {name: "conn", class: classNumber, help: "connection number", example: "conn:3", also: []string{"connection"}},
	Seq:        {name: "seq", class: classNumber, help: "record number", example: "seq>=1000"},
	Msg:        {name: "msg", class: classNumber, help: "message number in its direction", example: "msg:12", also: []string{"message"}},
	Frames:     {name: "frames", class: classNumber, help: "frames of the message", example: "frames>1"},
	Frag:       {name: "frag", class: classFlag, alone: true, help: "a fragment, or a message of several", example: "frag", also: []string{"fragment", "fragmented"}},
	Compressed: {name: "compressed", class: classFlag, alone: true, help: "the message was compressed", example: "compressed"},
	Cut:        {name: "cut", class: classFlag, alone: true, help: "the capture kept only its start", example: "cut", also: []string{"truncated"}},
	Code:       {name: "code", class: classNumber, alone: true, help: "close code", example: "code:4000..4999"},
	Clean:      {name: "clean", class: classFlag, alone: true, help: "the closing handshake was complete", example: "kind:close -clean"},
	Lint:       {name: "lint", class: classNames, alone: true, help: "breaks a rule of RFC 6455 or 7692; with a value, that rule", example: "lint", also: []string{"violation", "violations"}},
	Mark:       {name: "mark", class: classFlag, alone: true, help: "marked by you", example: "mark", also: []string{"marked"}},
	Is:         {name: "is", class: classNames, alone: true, help: "what this program did itself", example: "is:injected"},
	Path:       {name: "path", class: classText, cost: 2, help: "path and query that the connection was opened to, or the name of its target", example: "path:/ws/chat", also: []string{"url", "endpoint"}},
	App:        {name: "app", class: classText, alone: true, cost: 2, help: "program, process ID or page that opened the connection; none where unknown", example: "app:chromium", also: []string{"program", "process"}},
	Host:       {name: "host", class: classText, cost: 2, help: "host that the connection was opened to", example: "host:example.com"},
	Node:       {name: "node", class: classText, alone: true, cost: 2, help: "node that the connection is on, where a panel shows several; none where unknown", example: "node:b"},
	File:       {name: "file", class: classText, alone: true, cost: 2, help: "file that the connection is in, where several are open; in find, any", example: "file:today"},
	Note:       {name: "note", class: classText, alone: true, cost: 2, help: "your note", example: "note:slow"},
	Hex:        {name: "hex", class: classHex, cost: costText, help: "bytes in the payload", example: "hex:cafe00"},
	Words:      {hidden: true},
}

// byName finds a field by each of its names.
var byName = map[string]*info{}

func init() {
	fields[Lint].names = lintNames()
	fields[Is].names = markNames()
	for i := range fields {
		f := &fields[i]
		f.field = Field(i)
		if f.hidden {
			continue
		}
		byName[f.name] = f
		for _, n := range f.also {
			byName[n] = f
		}
	}
}

// lintNames are the rules of package frame with hyphens for spaces: "masked-server-frame".
func lintNames() (out []named) {
	for v := range frame.Violations(1<<63 - 1).All() {
		name := strings.ToLower(strings.NewReplacer(" ", "-", ",", "").Replace(v.Name))
		out = append(out, named{name, uint64(v.Bit), v.Section})
	}
	return out
}

// markNames are the marks that have a name.
func markNames() (out []named) {
	for mark := range record.Marks(1<<record.NumMarks - 1).All() {
		out = append(out, named{mark.String(), uint64(mark), ""})
	}
	return out
}

// isSet reports whether the numbers of a field are sets of bits, of which a value names some.
func (f Field) isSet() bool { return f == Lint || f == Is }

// FieldHelp is one line of the help.
type FieldHelp struct{ Name, Values, Explanation, Example string }

// Fields returns the table of the language's fields for the panel's help, in the order in which it is read.
func Fields() []FieldHelp {
	out := make([]FieldHelp, 0, numFields)
	for _, i := range helpOrder {
		f := &fields[i]
		out = append(out, FieldHelp{f.name, f.values(), f.help, f.example})
	}
	return out
}

var helpOrder = [...]Field{
	Dir, Op, Kind, Conn, Path, Host, App, Node, File, Len, Wire, Ratio, Compressed, Frag, Frames, Fin, Rsv, Mask, Lint, Code, By, Clean, RTT,
	Latency, ProxyDelay, TargetTime, Delta, At, Clock, Seq, Msg, Leg, Cut, Is, Mark, Note, Hex,
}

// values says in words what a value of the field may be.
func (f *info) values() string {
	switch f.class {
	case classFlag:
		return "alone, 0 or 1"
	case classNumber:
		return "a number"
	case classSize:
		return "a size such as 125, 1k or 2MiB"
	case classDuration:
		return "a duration such as 50ms or 2s"
	case classRatio:
		return "a number such as 1 or 2.5"
	case classClock:
		return "a time such as 14:02 or 14:02:11.5"
	case classText:
		return "a text"
	case classHex:
		return "hexadecimal digits"
	case classNames:
	}
	if f.field == Lint {
		return "alone, or words of a rule such as masked"
	}
	names := make([]string, len(f.names))
	for i, n := range f.names {
		names[i] = n.name
	}
	return strings.Join(names, " ")
}

// expected is values as a hint.
func (f *info) expected() string {
	if f.class == classNames && f.field != Lint {
		return "write one of " + f.values()
	}
	return "write " + f.values()
}
