package model

// Effect is something that the model asks for and cannot do itself. The caller of [Model.Update] performs it.
type Effect interface{ isEffect() }

// The effects.
type (
	// Download hands a file to the person.
	Download struct {
		Name, Type string
		Data       []byte
	}
	// PutClipboard copies text. Note says what is missing from it, "" for nothing.
	PutClipboard struct{ Text, Note string }
	// Notify says something to the person.
	Notify struct{ Text string }
	// PutFilter puts text into the filter box.
	PutFilter struct{ Text string }
)

func (PutFilter) isEffect()    {}
func (Download) isEffect()     {}
func (PutClipboard) isEffect() {}
func (Notify) isEffect()       {}
