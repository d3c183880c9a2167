package decode

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// jsonRPC reads JSON-RPC 2.0, alone and in batches, and what looks like it without its version: the Chrome DevTools
// Protocol, or the language servers of editors.
type jsonRPC struct{}

func (jsonRPC) Name() string { return "JSON-RPC" }

func (jsonRPC) Guess(in *Input) Confidence {
	o, ok := rpcObject(in.Payload)
	switch {
	case !ok:
		return No
	case o.get("jsonrpc").plain() == "2.0":
		return Sure
	case !o.has("id"):
		return No
	case o.has("method"), o.has("result") && !o.has("type"), o.get("error").object().has("code"):
		return Likely
	}
	return No
}

// rpcObject returns the message, or the first of a batch.
func rpcObject(b []byte) (object, bool) {
	i := jsonscan.Space(b, 0)
	if i < len(b) && b[i] == '[' {
		i = jsonscan.Space(b, i+1)
	}
	return object{b, i}, i < len(b) && b[i] == '{'
}

func (jsonRPC) decode(in *Input, t *tree) error {
	o, _ := rpcObject(in.Payload)
	start := jsonscan.Space(in.Payload, 0)
	t.summary, t.pair = rpcMessage(o)
	if start < len(in.Payload) && in.Payload[start] == '[' {
		n := 0
		for c := jsonscan.Members(in.Payload, start); c.Next(); {
			n++
		}
		t.summary = "batch of " + strconv.Itoa(n) + ": " + t.summary
	}
	return t.jsonDocument(in.Payload, start, "")
}

func rpcMessage(o object) (summary string, pair Pair) {
	id, method := o.get("id").plain(), o.get("method").plain()
	switch {
	case method != "" && id != "":
		return with("call "+method, "id", id), Pair{Request, id}
	case method != "":
		return "notify " + method, Pair{}
	case o.has("error"):
		return with(with("error", "id", id)+" "+o.get("error").object().get("code").plain(), "message", o.get("error").object().get("message").plain()), Pair{Response, id}
	}
	return with("result", "id", id), Pair{Response, id}
}
