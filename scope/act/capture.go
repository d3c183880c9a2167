package act

// Snap is how much the capture keeps of each payload and of each message.
type Snap struct {
	Bytes int `json:"bytes"`         // from MinSnap to Max
	Max   int `json:"max,omitempty"` // in answers: the most that the server's memory for the capture allows
}

// MinSnap is the least that a capture keeps of a payload, in bytes.
const MinSnap = 1 << 10

// The parts of a record that [Page] is of.
const (
	PartPayload = "payload" // of the frame, unmasked, as it stood on the wire
	PartMessage = "message" // as the application gets it; where it differs from the payload
)

// PageSize is the most bytes of a [Page].
const PageSize = 1 << 20

// Page is a part of a payload or message that the server keeps.
type Page struct {
	From  int    `json:"from"`  // of its first byte
	Size  int    `json:"size"`  // bytes that are kept of the whole
	Bytes []byte `json:"bytes"` // at most PageSize, in base64
}

// Packets is the live capture of packets that a server shows beside what it taps.
type Packets struct {
	Source  string     `json:"source"` // "standard input", a file, or a program and its interface; "" when there is none
	Ended   bool       `json:"ended"`
	Omitted []Omission `json:"omitted"` // what was passed over so far, by reason
}

// Omission is what a capture has that is not shown, for one reason.
type Omission struct {
	Reason string `json:"reason"` // a word that does not change, such as "tls"
	Count  uint64 `json:"count"`
	Unit   string `json:"unit"`             // what is counted, in the plural, such as "TCP connections"
	Text   string `json:"text"`             // why
	Advice string `json:"advice,omitempty"` // what to do about it
}
