package act

// Requests are requests to be checked or run: the text of a file, as docs/requests.md describes it.
type Requests struct {
	Text string            `json:"text"`
	Vars map[string]string `json:"vars,omitempty"` // take the place of those in the text
	Only string            `json:"only,omitempty"` // name of the one request to run; "" for all
}

// RequestsChecked is what a text of requests says.
type RequestsChecked struct {
	Requests []RequestOutline `json:"requests"`
}

// RequestOutline is one request of a text.
type RequestOutline struct {
	Name  string `json:"name"`
	URL   string `json:"url"`   // with its variables as they are written
	Line  int    `json:"line"`  // where it stands
	Steps int    `json:"steps"` // how many it has
}

// What became of a step, for [StepResult.Outcome].
const (
	StepPassed  = "passed"
	StepFailed  = "failed"
	StepSkipped = "skipped" // a step before it failed
)

// StepResult is what became of one step of a request. Opening the connection is the first one.
type StepResult struct {
	Request string  `json:"request"`           // its name
	Step    int     `json:"step"`              // from 1 up; 0 for opening the connection
	Line    int     `json:"line"`              // where it stands in the text
	Column  int     `json:"column"`            // where in the line
	Kind    string  `json:"kind"`              // open, send, json, binary, wait, expect, close or closed
	Text    string  `json:"text"`              // what it says, with its variables as they are written
	Outcome string  `json:"outcome"`           // StepPassed, StepFailed or StepSkipped
	Problem string  `json:"problem,omitempty"` // why it failed
	Millis  float64 `json:"millis"`            // that it took
	Conn    uint32  `json:"conn,omitempty"`    // its connection in the capture; 0 when that is not known
	Dir     string  `json:"dir,omitempty"`     // out or in, of the message that it sent or found
	Message uint64  `json:"message,omitempty"` // number of that message in its direction
}

// RequestsEnd is how many requests passed and failed.
type RequestsEnd struct {
	Passed int     `json:"passed"`
	Failed int     `json:"failed"`
	Millis float64 `json:"millis"` // that all took
}

// RequestsLine is one line of a run: a step, or the end of it.
type RequestsLine struct {
	Step *StepResult  `json:"step,omitempty"`
	End  *RequestsEnd `json:"end,omitempty"`
}
