package app

import (
	"encoding/json"

	"github.com/tetherscope/tetherscope/wasm/chat"
)

// request is what a client asked for, checked. Value is one of the structs of wasm/chat without what the server sets.
type request struct {
	Type  string
	Call  string // id of the answer that is wanted, or empty
	Value any
}

// parseRequest decides about one message of the client (id, user). Either errs is empty and the request is valid, or
// errs lists everything that is wrong with it. Member names match exactly, as in JavaScript.
func parseRequest(b []byte, id, user string) (r request, errs []string) {
	if !json.Valid(b) {
		return r, []string{chat.InvalidJSON}
	}
	var m members
	// An error means that the value is no object, or nested too deeply: then it has no members, and says so below.
	_ = json.Unmarshal(b, &m)
	r.Type, r.Call = m.text("type"), m.call()
	r.Value, errs = m.read(r.Type)
	if m.forges("from", id) || m.forges("sender", id) || m.forges("user", user) {
		errs = append(errs, chat.SenderIsServers)
	}
	return r, errs
}

// members are the members of a JSON object, not looked at yet.
type members map[string]json.RawMessage

// text returns the string name, or "" when it is missing or no string.
func (m members) text(name string) string {
	var s string
	if json.Unmarshal(m[name], &s) != nil {
		return ""
	}
	return s
}

// forges reports whether the object has name with another value than ours.
func (m members) forges(name, ours string) bool {
	_, has := m[name]
	return has && m.text(name) != ours
}

// read makes the struct of the type and validates it with the rules that both ends share. Without a valid type the
// text is checked as a chat's, so that a client learns of both mistakes at once.
func (m members) read(name string) (v any, errs []string) {
	message, content := m.text("message"), m.text("content")
	switch name {
	case chat.TypeChat:
		c := chat.Chat{Message: message}
		return c, c.Validate()
	case chat.TypeBroadcast:
		c := chat.Broadcast{Content: content}
		return c, c.Validate()
	case chat.TypeEcho:
		c := chat.Echo{Message: message, Content: content}
		return c, c.Validate()
	case chat.TypePrivate:
		c := chat.Private{TargetID: m.text("targetId"), Message: message, Content: content}
		return c, c.Validate()
	case chat.TypePing:
		return chat.Ping{}, nil
	case chat.TypePresence:
		return chat.Presence{}, nil
	case chat.TypeHistory:
		return m.history()
	case chat.TypeLogout:
		return chat.Logout{}, nil
	}
	return nil, append([]string{chat.InvalidType}, chat.Chat{Message: message}.Validate()...)
}

// history reads a position. An offset of 0, of a log without a message, may be left out, as it is in answers.
func (m members) history() (v any, errs []string) {
	h := chat.History{}
	if _, has := m["epoch"]; !has {
		return h, nil
	}
	h.Epoch = m.text("epoch")
	offset, has := m["offset"]
	if h.Epoch == "" || len(h.Epoch) > chat.MaxEpoch || has && json.Unmarshal(offset, &h.Offset) != nil {
		return chat.History{}, []string{chat.InvalidPosition}
	}
	return h, nil
}
