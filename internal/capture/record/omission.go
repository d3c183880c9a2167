package record

import "strconv"

// Omission is what a reader of a capture passed over for one reason. It is no damage: the file is as it should be.
type Omission struct {
	Reason string // a word that does not change: "tls"
	Count  uint64
	Unit   string // what is counted, in the plural: "packets", "TCP connections"
	Text   string // why, without an end: "encrypted with TLS, and there are no keys"
	Advice string // what to do about it; empty when there is nothing
}

// String returns a line: "3 TCP connections: encrypted with TLS … — give the keys".
func (o *Omission) String() string {
	s := strconv.FormatUint(o.Count, 10) + " " + o.unit() + ": " + o.Text
	if o.Advice != "" {
		s += " — " + o.Advice
	}
	return s
}

// unit is the unit in the number of Count.
func (o *Omission) unit() string {
	if n := len(o.Unit); o.Count == 1 && n > 0 && o.Unit[n-1] == 's' {
		return o.Unit[:n-1]
	}
	return o.Unit
}
