package act

// Budget is what the process of the server holds for peers, files and pages together.
type Budget struct {
	Shares []Share `json:"shares"`
}

// Share is one kind of use with its limit.
type Share struct {
	Name    string `json:"name"`    // as in /metrics: tetherscope_NAME_bytes
	Means   string `json:"means"`   // what is held
	Refusal string `json:"refusal"` // what happens where there is no room
	Limit   int64  `json:"limit"`   // bytes
	Used    int64  `json:"used"`    // bytes, now
	Refused uint64 `json:"refused"` // how often there was no room
}
