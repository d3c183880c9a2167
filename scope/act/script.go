package act

// Script is the script that decides about messages before the fault rules, and what it has done so far.
type Script struct {
	File     string `json:"file"`              // "" without a script; the other fields are zero then
	Active   bool   `json:"active"`            // it is on; while it is off messages pass as they are
	Strict   bool   `json:"strict"`            // a connection is closed when the script fails for one of its messages
	Problem  string `json:"problem,omitempty"` // why the file could not be loaded when it was last read, with file, line and column: the script before stays
	Last     string `json:"last,omitempty"`    // the last error of a message or of the file, since the file was loaded
	Calls    uint64 `json:"calls"`             // of the function message
	Changed  uint64 `json:"changed"`           // messages that did not pass as they were
	Dropped  uint64 `json:"dropped"`           // of the changed ones: nothing took their place
	Answered uint64 `json:"answered"`          // of the changed ones: their sender received an answer
	Closed   uint64 `json:"closed"`            // of the changed ones: a close frame took their place
	Failed   uint64 `json:"failed"`            // messages for which the script failed
	Late     uint64 `json:"late"`              // of the failed ones: it did not answer in time
	Restarts uint64 `json:"restarts"`          // of its worker
	Mean     int64  `json:"mean"`              // microseconds that a call took, the way to the worker and back included
	Longest  int64  `json:"longest"`           // microseconds
}

// ScriptSwitch switches the script on or off.
type ScriptSwitch struct {
	Active bool `json:"active"`
}
