package decode

import (
	"regexp"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

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
	t.summary = with(t.summary, "operation", graphQLOperation(payload.get("operationName").plain(), payload.get("query")))
	if payload.has("errors") {
		t.summary += " with errors"
	}
	if key := graphQLKey(kind, id); key != "" && graphQLRoles[kind] != None {
		t.pair = Pair{graphQLRoles[kind], key}
	}
	return t.jsonDocument(in.Payload, o.at, "")
}

// graphQLOperation returns the name of a request's operation: as it is given, or as the document has it when it has one operation.
func graphQLOperation(given string, document value) string {
	if given != "" || document.to-document.from < 1 || document.raw()[0] != '"' {
		return given
	}
	raw := document.raw()
	named := graphQLDefinition.FindAllSubmatch(jsonscan.Unquote(nil, raw[:min(len(raw), maxDocument)]), 2)
	if len(named) != 1 {
		return "" // none, or which one is not said
	}
	return string(named[0][1])
}

// maxDocument is how much of a document is looked at for the name of its operation.
const maxDocument = 16 << 10

// graphQLDefinition is the beginning of an operation with a name (GraphQL specification §2.3), at the beginning of a line.
var graphQLDefinition = regexp.MustCompile(`(?m)^[ \t,]*(?:query|mutation|subscription)[ \t]+([_A-Za-z][_0-9A-Za-z]*)\s*[({@]`)

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
