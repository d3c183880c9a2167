package pcap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// preludes are what a connection says before its handshake: requests, then their answers.
var preludes = map[string][2]string{
	"nothing":  {},
	"get":      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nGET "},
	"head":     {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"},
	"chunked":  {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n"},
	"empty":    {"DELETE /x HTTP/1.1\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"},
	"cached":   {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"},
	"continue": {"PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"},
	"tunnel":   {"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "HTTP/1.1 200 Connection established\r\n\r\n"},
	"many":     {strings.Repeat("GET / HTTP/1.1\r\n\r\n", 20), strings.Repeat("HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx", 20)},
}

// TestHandshakesAreFound behind everything that may stand before them, however it is cut into segments. The chat behind
// them is that of the cases.
func TestHandshakesAreFound(t *testing.T) {
	ask := strings.Replace(request, "Sec-WebSocket-Extensions: permessage-deflate\r\n", "", 1)
	requests := map[string]string{
		"plain": ask, "list": strings.Replace(ask, "Upgrade: websocket", "Upgrade: h2c, WebSocket", 1),
		"folded": strings.Replace(ask, "Upgrade: websocket", "Upgrade:\r\n\twebsocket", 1),
		"lf":     strings.ReplaceAll(ask, "\r\n", "\n"), "url": strings.Replace(ask, "GET /ws", "GET http://a/ws?x=1", 1),
	}
	answer := fmt.Sprintf(response, "")
	interim := "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	for name, before := range preludes {
		for kind, ask := range requests {
			for _, size := range []int{1, 7, 100, 1 << 16} {
				talk := append(cut(0, before[0]+ask, size), cut(1, before[1]+interim+answer, size)...)
				talk = append(talk, cut(0, "\x81\x85\x11\x22\x33\x44\x79\x47\x5f\x28\x7e", size)...)
				talk = append(talk, cut(1, "\x81\x0ahello back", size)...)
				got := readStreams(t, [][]said{talk}, false)
				if !slices.Equal(texts(got), talkFrames) || got[0].Name != "/ws" {
					t.Errorf("%s, %s, segments of %d bytes: %q", name, kind, size, texts(got))
				}
			}
		}
	}
}

// TestARefusedHandshakeIsFollowedByAnother: both are recorded, each as a connection of its own.
func TestARefusedHandshakeIsFollowedByAnother(t *testing.T) {
	talk := cut(0, request, 1<<16)
	talk = append(talk, cut(1, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", 1<<16)...)
	talk = append(append(talk, cut(0, request, 1<<16)...), cut(1, fmt.Sprintf(response, "")+"\x81\x02hi", 1<<16)...)
	got := readStreams(t, [][]said{talk}, false)
	if len(got) != 5 || got[0].Conn != 1 || got[1].Conn != 1 || got[4].Conn != 2 || string(got[4].Payload) != "hi" {
		t.Errorf("%+v", got)
	}
}

func cut(who int, text string, size int) (list []said) {
	for part := range slices.Chunk([]byte(text), size) {
		list = append(list, said{who, part})
	}
	return list
}
