package main

import (
	"encoding/json"

	"github.com/tetherscope/tetherscope/wasm/chat"
)

// incoming is one message of the server: value is a struct of package chat, or nil for a type that this program does not
// know.
type incoming struct{ value any }

// UnmarshalJSON chooses the struct by the message's type.
func (m *incoming) UnmarshalJSON(b []byte) (err error) {
	var head struct{ Type, Reply string }
	if err := json.Unmarshal(b, &head); err != nil {
		return err
	}
	switch head.Type {
	case chat.TypeWelcome:
		m.value, err = as[chat.Welcome](b)
	case chat.TypeChat:
		m.value, err = as[chat.Chat](b)
	case chat.TypeBroadcast:
		m.value, err = as[chat.Broadcast](b)
	case chat.TypePrivate:
		m.value, err = as[chat.Private](b)
	case chat.TypePresence:
		m.value, err = as[chat.Presence](b)
	case chat.TypeHistory:
		m.value, err = as[chat.History](b)
	case chat.TypeError:
		if m.value = (noHistory{}); head.Reply != historyCall {
			m.value, err = as[chat.Error](b)
		}
	case chat.TypeGap:
		m.value, err = as[chat.Gap](b)
	}
	return err
}

// historyCall marks what is asked of the history, so that its errors are known by it.
const historyCall = "history"

// noHistory is an error of the server that answers a [sendHistory].
type noHistory struct{}

func as[T any](b []byte) (T, error) {
	var v T
	err := json.Unmarshal(b, &v)
	return v, err
}

// What a client sends: the type beside the fields of the struct.
type (
	sendChat struct {
		Type string `json:"type"`
		chat.Chat
	}
	sendBroadcast struct {
		Type string `json:"type"`
		chat.Broadcast
	}
	sendPrivate struct {
		Type string `json:"type"`
		chat.Private
	}
	sendPresence struct {
		Type string `json:"type"`
		chat.Presence
	}
	sendHistory struct {
		Type string `json:"type"`
		Call string `json:"call"`
		chat.History
	}
	sendLogout struct {
		Type string `json:"type"`
		chat.Logout
	}
)
