// Package message is what the codecs are measured with: a chat message of 182 bytes of JSON, and a history of 10 KB made
// of them. It holds values only.
package message

//go:generate go run github.com/tinylib/msgp@v1.6.5 -tests=false -io=false -o message_gen.go
//go:generate protoc --go_out=. --go_opt=paths=source_relative message.proto

// Chat is the small message.
type Chat struct {
	Type      string   `json:"type" msg:"type"`
	ID        string   `json:"id" msg:"id"`
	From      string   `json:"from" msg:"from"`
	Text      string   `json:"text" msg:"text"`
	Timestamp int64    `json:"timestamp" msg:"timestamp"`
	Score     float64  `json:"score" msg:"score"`
	Urgent    bool     `json:"urgent" msg:"urgent"`
	Tags      []string `json:"tags" msg:"tags"`
}

// History is the large one.
type History struct {
	Type     string `json:"type" msg:"type"`
	Messages []Chat `json:"messages" msg:"messages"`
}

// inHistory makes the history's JSON about 10 KB long.
const inHistory = 56

// Small returns the small message.
func Small() Chat {
	return Chat{
		Type: "chat", ID: "c-58213", From: "Žofie", Text: "The wire does not lie, \"we\" do.", Timestamp: 1795417805123,
		Score: 0.8125, Urgent: true, Tags: []string{"wire", "frames", "room-17180"},
	}
}

// Large returns the large message, whose parts differ.
func Large() History {
	h := History{Type: "history"}
	for i := range inHistory {
		c := Small()
		c.ID += string(rune('a' + i%26))
		c.Timestamp += int64(i)
		h.Messages = append(h.Messages, c)
	}
	return h
}

// Proto returns c as the struct that protoc-gen-go wrote.
func (c Chat) Proto() *ProtoChat {
	return &ProtoChat{
		Type: c.Type, Id: c.ID, From: c.From, Text: c.Text, Timestamp: c.Timestamp, Score: c.Score, Urgent: c.Urgent, Tags: c.Tags,
	}
}

// Proto returns h as the struct that protoc-gen-go wrote.
func (h History) Proto() *ProtoHistory {
	p := &ProtoHistory{Type: h.Type}
	for _, c := range h.Messages {
		p.Messages = append(p.Messages, c.Proto())
	}
	return p
}
