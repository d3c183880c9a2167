package decode

import "strings"

// graphQL reads graphql-transport-ws and the older subscriptions-transport-ws, whose subprotocol is graphql-ws.
type graphQL struct{}

func (graphQL) Name() string { return "GraphQL" }

// graphQLRoles are the messages of both protocols and their parts in an exchange.
var graphQLRoles = map[string]Role{
	"connection_init": Request, "connection_ack": Response, "connection_error": Response, "connection_terminate": None,
	"subscribe": Request, "next": Response, "error": Response, "complete": Response, "ping": Request, "pong": Response,
	"start": Request, "data": Response, "stop": None, "ka": None, "connection_keep_alive": None,
}

func (graphQL) Guess(in *Input) Confidence {
	o, ok := objectAt(in.Payload)
	if !ok {
		return No
	}
	if strings.HasPrefix(in.Subprotocol, "graphql-") {
		return Sure
	}
	kind := o.get("type").plain()
	payload := o.get("payload").object()
	switch _, known := graphQLRoles[kind]; {
	case !known:
		return No
	case kind == "connection_init", kind == "connection_ack":
		return Likely
	case kind == "subscribe", kind == "start":
		if payload.has("query") && o.has("id") {
			return Likely
		}
	case kind == "next", kind == "data":
		if payload.has("data") && o.has("id") {
			return Likely
		}
	}
	return No
}

func (graphQL) decode(in *Input, t *tree) error {
	o, _ := objectAt(in.Payload)
	kind, id := o.get("type").plain(), o.get("id").plain()
	t.summary = with("GraphQL "+kind, "id", id)
	payload := o.get("payload").object()
	t.summary = with(t.summary, "operation", payload.get("operationName").plain())
	if payload.has("errors") {
		t.summary += " with errors"
	}
	if key := graphQLKey(kind, id); key != "" && graphQLRoles[kind] != None {
		t.pair = Pair{graphQLRoles[kind], key}
	}
	return t.jsonDocument(in.Payload, o.at, "")
}

func graphQLKey(kind, id string) string {
	switch {
	case id != "":
		return id
	case strings.HasPrefix(kind, "connection_"):
		return "connection"
	case kind == "ping" || kind == "pong":
		return "ping"
	}
	return ""
}
