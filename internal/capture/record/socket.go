package record

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
)

// Target returns path and query of a request's head, as its client wrote them; "" when the head has no request line.
func Target(head []byte) string {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	if len(head) > 0 && head[0] == ':' { // of HTTP/2
		_, line, _ = bytes.Cut(append([]byte("\r\n"), head...), []byte("\r\n:path: "))
		line, _, _ = bytes.Cut(line, []byte("\r\n"))
		return string(line)
	}
	if f := bytes.Fields(line); len(f) > 1 {
		return string(f[1])
	}
	return ""
}

// Socket returns what a connection is called, from the name and the head of its request: path and query of its URL, and beside
// them what they do not say: the name of a proxy's target, or scheme and host of a URL that a page or a file reported. Without
// a head and a URL both come from the name alone.
func Socket(name string, head []byte) (path, beside string) {
	path = Target(head)
	if origin, rest, ok := splitOrigin(name); ok {
		if path == "" {
			path = rest
		}
		return dialledPath(path, origin), origin
	}
	switch {
	case path == "":
		return name, ""
	case name == path, name == withoutQuery(path):
		return path, ""
	}
	return path, name
}

// dialledPath returns the path of a connection that this program opened for its user: its own has a ticket and the server's scheme and host
// before that.
func dialledPath(path, origin string) string {
	rest, ok := strings.CutPrefix(path, "/ws/dial/")
	_, rest, found := strings.Cut(rest, "/"+strings.Replace(origin, "://", "/", 1))
	if !ok || !found || rest != "" && rest[0] != '/' && rest[0] != '?' {
		return path
	}
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return rest
}

// SocketName returns path and what stands beside it as one text: "/prices?x=1 (api)".
func SocketName(name string, head []byte) string {
	path, beside := Socket(name, head)
	if beside == "" {
		return path
	}
	return path + " (" + beside + ")"
}

// Words are what filters look through of a connection. Each may have several lines, one for each name.
type Words struct {
	Path string // path and query, and the name that the connection has besides
	Host string // that the client named, with a port that is not the scheme's own
	Node string // that the connection is on
	File string // that the connection was read from, where there are several
	App  string // program, process ID and origin of the page of the client; of a page's own records, what the page says it is
}

// WordsOf returns the words of a connection from the record of its request.
func WordsOf(request *Record) Words {
	path, beside := Socket(request.Name, request.Head)
	w := Words{Path: path, Host: Host(request.Name, request.Head), Node: request.Node}
	if beside != "" {
		w.Path += "\n" + request.Name
	}
	var app []string
	if p := request.Program; p != (Program{}) {
		app = append(app, p.Name, strconv.FormatUint(uint64(p.PID), 10))
	}
	if page := Field(request.Head, "origin"); page != "" {
		app = append(app, page)
	}
	if request.Source == SourcePage && request.Remote != "" {
		app = append(app, request.Remote)
	}
	w.App = strings.Join(app, "\n")
	return w
}

// Host returns the host, and port, that a request was sent to: that of its head, or of the URL that it is called by. It is in lower
// case, and "" when neither has one.
func Host(name string, head []byte) string {
	host := cmp.Or(Field(head, "host"), Field(head, ":authority"))
	if host == "" {
		if origin, _, ok := splitOrigin(name); ok {
			_, host, _ = strings.Cut(origin, "://")
			host = host[strings.LastIndexByte(host, '@')+1:]
		}
	}
	return strings.ToLower(host)
}

// Field returns the value of a field of a request's head, whose name is given in lower case; "" when it has none. Of several it is
// the first.
func Field(head []byte, name string) string {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		at := bytes.IndexByte(line[min(1, len(line)):], ':') + 1 // fields of HTTP/2 begin with a colon
		if at > 0 && strings.EqualFold(string(line[:at]), name) {
			return strings.TrimSpace(string(line[at+1:]))
		}
	}
	return ""
}

// splitOrigin splits a URL into scheme and host, and path and query.
func splitOrigin(u string) (origin, rest string, ok bool) {
	scheme, rest, ok := strings.Cut(u, "://")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "/?# ") {
		return "", "", false
	}
	i := strings.IndexAny(rest, "/?#")
	if i < 0 {
		return u, "/", true
	}
	origin, rest = scheme+"://"+rest[:i], rest[i:]
	if rest[0] != '/' {
		rest = "/" + rest
	}
	return origin, rest, true
}

func withoutQuery(target string) string {
	path, _, _ := strings.Cut(target, "?")
	return path
}
