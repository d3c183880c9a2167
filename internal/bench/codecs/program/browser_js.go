package main

import (
	"syscall/js"

	"github.com/tetherscope/tetherscope/internal/bench/codecs/message"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
)

// viaBrowser offers the other way to JSON in a browser: its own JSON.parse and JSON.stringify, with the fields carried
// over by syscall/js.
func viaBrowser() {
	c, h := message.Small(), message.Large()
	offerBrowser(small, jsonOf(jsoncodec.New[message.Chat, message.Chat](), c),
		func(v js.Value) { _ = chatFrom(v) }, func() any { return chatTo(c) })
	offerBrowser(large, jsonOf(jsoncodec.New[message.History, message.History](), h),
		func(v js.Value) { _ = historyFrom(v) }, func() any { return historyTo(h) })
}

func offerBrowser(size, text string, read func(js.Value), write func() any) {
	parse, stringify := js.Global().Get("JSON").Get("parse"), js.Global().Get("JSON").Get("stringify")
	put("JSON.parse from Go", "decode", size, len(text), func() { read(parse.Invoke(text)) })
	put("JSON.stringify from Go", "encode", size, len(text), func() { _ = stringify.Invoke(write()).String() })
}

func chatFrom(v js.Value) message.Chat {
	c := message.Chat{
		Type: v.Get("type").String(), ID: v.Get("id").String(), From: v.Get("from").String(), Text: v.Get("text").String(),
		Timestamp: int64(v.Get("timestamp").Float()), Score: v.Get("score").Float(), Urgent: v.Get("urgent").Bool(),
	}
	tags := v.Get("tags")
	for i := range tags.Length() {
		c.Tags = append(c.Tags, tags.Index(i).String())
	}
	return c
}

func historyFrom(v js.Value) message.History {
	h := message.History{Type: v.Get("type").String()}
	list := v.Get("messages")
	for i := range list.Length() {
		h.Messages = append(h.Messages, chatFrom(list.Index(i)))
	}
	return h
}

func chatTo(c message.Chat) map[string]any {
	tags := make([]any, len(c.Tags))
	for i, t := range c.Tags {
		tags[i] = t
	}
	return map[string]any{
		"type": c.Type, "id": c.ID, "from": c.From, "text": c.Text,
		"timestamp": float64(c.Timestamp), "score": c.Score, "urgent": c.Urgent, "tags": tags,
	}
}

func historyTo(h message.History) map[string]any {
	list := make([]any, len(h.Messages))
	for i, c := range h.Messages {
		list[i] = chatTo(c)
	}
	return map[string]any{"type": h.Type, "messages": list}
}
