package model

// Times is what the column of times shows.
type Times uint8

// The kinds of times.
const (
	TimesClock    Times = iota // time of day
	TimesDate                  // date and time of day
	TimesStart                 // since the capture began
	TimesSelected              // since the selected row, or before it; without one, time of day
	NumTimes
)

var timesNames = [NumTimes][2]string{
	{"clock", "time of day"}, {"date", "date and time of day"}, {"start", "since the start of the capture"}, {"selected", "relative to the selected row"},
}

// String returns the name under which a browser stores it.
func (t Times) String() string { return timesNames[min(t, NumTimes-1)][0] }

// Label returns what people read.
func (t Times) Label() string { return timesNames[min(t, NumTimes-1)][1] }

// ParseTimes returns the kind of times with a name, TimesClock for an unknown one.
func ParseTimes(name string) Times {
	for t := range NumTimes {
		if t.String() == name {
			return t
		}
	}
	return TimesClock
}
