package fault

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// Script decides about messages before the rules do: whatever a rule cannot say. It may be used by several goroutines at once.
type Script interface {
	// Message returns what becomes of a message, which it does not keep. It returns within a time that its owner bounds, because the message
	// and all behind it wait for that. With an error the message is marked as exempt, and the result applies nevertheless.
	Message(m *ScriptMessage) (ScriptResult, error)
}

// ScriptMessage is a message as a script sees it.
type ScriptMessage struct {
	rewrite.Message
	Conn   uint32 // number of its connection
	Dir    record.Dir
	Number uint64 // in its direction, from 1 up
	Called record.Words
}

// ScriptResult is what a script makes of a message. The zero value leaves the message as it is.
type ScriptResult struct {
	Changed  bool              // Messages take its place
	Messages []rewrite.Message // none: the message is dropped
	Answers  []string          // text messages that go back to its sender
	Close    *ScriptClose      // a close frame takes the place of the message, and ends the direction; nil for none
}

// ScriptClose is a close frame.
type ScriptClose struct {
	Code   uint16
	Reason string // at most 123 bytes of UTF-8
}

// scripted is what the script said about the message of a frame.
type scripted struct {
	done   bool // it was asked
	result ScriptResult
	err    error
}

// WithScript returns the rules with a script before them. The receiver may be nil, and so may the script.
func (rs *Ruleset) WithScript(s Script) *Ruleset {
	if s == nil {
		return rs
	}
	with := Ruleset{Script: s}
	if rs != nil {
		with.Seed, with.Rules = rs.Seed, rs.Rules
	}
	return &with
}

// Empty reports whether frames pass as they are. The receiver may be nil.
func (rs *Ruleset) Empty() bool { return rs == nil || len(rs.Rules) == 0 && rs.Script == nil }
