package act

// Target is a server that the proxy of the server stands in front of.
type Target struct {
	Name     string `json:"name"`     // names its connections in the capture
	URL      string `json:"url"`      // ws:// or wss://
	Listener string `json:"listener"` // what browsers call in place of the URL
	Address  string `json:"address"`  // the same by address, for programs that cannot resolve the name
	Port     int    `json:"port"`     // that was chosen for the listener; 0 when it follows from the name
	Insecure bool   `json:"insecure"` // the certificate of the target is not verified
	CA       bool   `json:"ca"`       // certificates were given for it to be verified by
	Added    bool   `json:"added"`    // while the server ran: it is gone with the run
	Open     int    `json:"open"`     // WebSocket connections through it now
	Problem  string `json:"problem"`  // why the last attempt to reach it failed, or its last refusal, and what helps; "" when it was reached
	Flags    string `json:"flags"`    // what of the command line has it at every start
}

// Targets are those of a server, in the order in which they came.
type Targets struct {
	Targets []Target `json:"targets"`
}

// NewTarget is a target to be added, for the time that the server runs.
type NewTarget struct {
	Name     string `json:"name"`               // 1 to 32 letters, digits, dots, dashes or underscores
	URL      string `json:"url"`                // ws:// or wss:// with or without a path; http:// or https:// for a whole server
	Port     int    `json:"port,omitempty"`     // for the listener; 0 for one that follows from the name
	Insecure bool   `json:"insecure,omitempty"` // do not verify its certificate
	CA       string `json:"ca,omitempty"`       // certificates in PEM: trust only these
}
