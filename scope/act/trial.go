package act

// Trial is what rules would do to what a capture holds: they are tried and not applied. The text of what was tried is that of [Rules].
type Trial struct {
	Records int         `json:"records"` // that were tried
	Rules   []TriedRule `json:"rules"`   // in the order of the text
}

// TriedRule is what one rule would do.
type TriedRule struct {
	Text     string        `json:"text"`              // in its canonical form
	Matched  int           `json:"matched"`           // records that it would act on
	Changed  int           `json:"changed,omitempty"` // of these: that would say something else, or be answered
	Removed  int           `json:"removed,omitempty"` // of these: that would not be passed on
	Exempt   int           `json:"exempt,omitempty"`  // of these: to which it could not be applied
	Note     string        `json:"note,omitempty"`    // why it was not tried, or what the numbers do not say
	Examples []TriedRecord `json:"examples"`          // the first records that it matched; at most MaxExamples
}

// TriedRecord is what a rule would do to one record.
type TriedRecord struct {
	Rule    int    `json:"rule"`             // its number, from 1
	Seq     uint64 `json:"seq"`              // of the record in the capture
	Conn    uint32 `json:"conn"`             // its connection
	Dir     string `json:"dir,omitempty"`    // out or in; empty for handshakes
	Outcome string `json:"outcome"`          // applies, changes, keeps, removes, answers, intercepts or exempt
	Before  string `json:"before,omitempty"` // of changes and answers: what it says around the first difference, at most MaxExcerpt characters; hexadecimal when it is not UTF-8
	After   string `json:"after,omitempty"`  // and what it would say
	Why     string `json:"why,omitempty"`    // of exempt: the reason
}

// Bounds of a [Trial].
const (
	MaxExamples = 5
	MaxExcerpt  = 160
)
