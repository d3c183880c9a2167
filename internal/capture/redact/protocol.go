package redact

import "strings"

// protocolList hides the subprotocols that carry a credential, as pages offer it because the browser lets them set no
// other header of a handshake.
type protocolList struct {
	follows bool // the next subprotocol is a credential: a bare "bearer" was before it, perhaps in another field
}

// announcing are subprotocols behind which a credential follows as the next one.
var announcing = set("bearer", "token", "accesstoken", "authorization", "auth", "jwt", "apikey", "ticket")

// protocols are subprotocols that are no credential wherever they stand.
var protocols = set("graphql-ws", "graphql-transport-ws", "mqtt", "mqttv3.1", "wamp.2.json", "wamp.2.msgpack", "soap", "v10.stomp", "v11.stomp", "v12.stomp",
	"v4.channel.k8s.io", "v5.channel.k8s.io", "json", "aws-appsync-event-ws", "realtime", "actioncable-v1-json")

func (l *protocolList) redact(value string) string {
	list := strings.Split(value, ",")
	for i, p := range list {
		name := strings.TrimSpace(p)
		if name == "" {
			continue
		}
		lead := p[:strings.Index(p, name)]
		follows := l.follows && !protocols[strings.ToLower(name)]
		l.follows = announcing[plainName(name)]
		switch {
		case name == Placeholder:
		case follows:
			list[i] = lead + Placeholder
		default:
			list[i] = lead + protocol(name)
		}
	}
	return strings.Join(list, ",")
}

// protocol hides the credential of one subprotocol: all of it, or what stands behind a name.
func protocol(name string) string {
	if protocols[strings.ToLower(name)] {
		return name
	}
	if shapes(name) == Placeholder {
		return Placeholder
	}
	for i := range len(name) {
		sign := strings.IndexByte(".:=|~!-_", name[i])
		rest := name[i+1:]
		if sign < 0 || rest == "" || rest == Placeholder {
			continue
		}
		if _, json := decodedJSON(rest); json || shapes(rest) == Placeholder {
			return name[:i+1] + Placeholder
		}
		if sign < len(".:=|~!") && segmentNames(name[:i]) && plainName(rest) != "websocketjupyterorg" ||
			strengthOf(name[:i]) == strong && random(rest) {
			return name[:i+1] + Placeholder
		}
	}
	if _, json := decodedJSON(name); json || random(name) && len(name) >= 20 {
		return Placeholder
	}
	return text(name, 0)
}

// segmentNames reports whether the last part of a subprotocol names a credential: "token" of "v1.token".
func segmentNames(s string) bool {
	return strengthOf(s[strings.LastIndexAny(s, ".:=|~!")+1:]) == strong
}
