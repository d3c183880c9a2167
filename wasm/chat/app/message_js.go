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
	var head struct{ Type string }
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
	case chat.TypeError:
		m.value, err = as[chat.Error](b)
	case chat.TypeGap:
		m.value, err = as[chat.Gap](b)
	}
	return err
}

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
	sendLogout struct {
		Type string `json:"type"`
		chat.Logout
	}
)
