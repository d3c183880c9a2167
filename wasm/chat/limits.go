package chat

import "unicode/utf8"

// The limits that both ends apply.
const (
	MaxMessage  = 10000 // characters (Unicode code points) in a message or content
	MaxPresence = 200   // clients listed in one Presence
	MaxEpoch    = 64    // characters of the epoch in a History
	IDLength    = 26    // characters of a client id, each of them a–z or 2–7
)

// What the errors of [Error] say. A server lists every one that applies.
const (
	InvalidJSON      = "Invalid JSON"
	InvalidType      = "Missing or invalid type"
	InvalidMessage   = "Missing or invalid message"
	InvalidContent   = "Missing or invalid content"
	InvalidPosition  = "Missing or invalid epoch or offset"
	InvalidTargetID  = "Missing or invalid targetId"
	MessageTooLong   = "Message too long"
	SenderIsServers  = "The sender is set by the server" // from, sender or user named another client
	TargetNotPresent = "No such client"                  // a private message for a client that is not connected
	TargetUnknown    = "Not known whether the message arrived: the connection between the servers was interrupted"
	NotAllowed       = "Not allowed" // the token's scope does not include this
)

// Validate returns what is wrong with a chat message that is about to be sent; nil means nothing.
func (c Chat) Validate() []string { return text(nil, c.Message, InvalidMessage) }

// Validate returns what is wrong with a broadcast that is about to be sent; nil means nothing.
func (b Broadcast) Validate() []string { return text(nil, b.Content, InvalidContent) }

// Validate returns what is wrong with an echo that is about to be sent; nil means nothing.
func (e Echo) Validate() []string { return either(nil, e.Message, e.Content) }

// Validate returns everything that is wrong with a private message that is about to be sent; nil means nothing.
func (p Private) Validate() []string {
	var errs []string
	if !ValidID(p.TargetID) {
		errs = append(errs, InvalidTargetID)
	}
	return either(errs, p.Message, p.Content)
}

// ValidID reports whether s has the form of a client id. Nothing else ever becomes part of a channel's name.
func ValidID(s string) bool {
	if len(s) != IDLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// either checks a text that stands in message or, in the other dialect, in content.
func either(errs []string, message, content string) []string {
	if message == "" && content != "" {
		message = content
	}
	return text(errs, message, InvalidMessage)
}

// text checks one text: neither empty nor too long.
func text(errs []string, s, missing string) []string {
	switch {
	case s == "":
		return append(errs, missing)
	case len(s) > MaxMessage && utf8.RuneCountInString(s) > MaxMessage:
		return append(errs, MessageTooLong)
	}
	return errs
}
