package redact_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
)

// leak returns a part of a secret that stands in a text, in any encoding in which the places write it; empty for none.
func leak(text, secret string) string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if b, _ := b64(secret); len(b) > 12 {
		forms = append(forms, strings.TrimRight(b, "="))
	}
	for _, f := range forms {
		const window = 10
		for i := 0; i+window <= len(f) || i == 0; i++ {
			if part := f[i:min(len(f), i+window)]; strings.Contains(text, part) {
				return part
			}
		}
	}
	return ""
}

// TestNoSecretInAnyPlace proves that no part of any secret of the corpus is left in any place of a handshake that can hold it.
func TestNoSecretInAnyPlace(t *testing.T) {
	tried := 0
	for _, p := range places {
		for _, s := range secrets {
			text, ok := p.encode(s.value)
			if !ok || p.shape && !s.shaped {
				continue
			}
			tried++
			head := strings.ReplaceAll(p.head, "$", text)
			got := string(redact.Head([]byte(head)))
			if part := leak(got, s.value); part != "" {
				t.Errorf("%q: %q is left\nof  %q\nis  %q", s.value, part, head, got)
			}
			if again := string(redact.Head([]byte(got))); again != got {
				t.Errorf("redacted twice %q is %q", got, again)
			}
		}
	}
	if len(secrets) < 60 || tried < 2000 {
		t.Errorf("only %d secrets, %d cases", len(secrets), tried)
	}
}

// TestRecords proves that no word of a record but payloads and close reasons holds a credential: names and addresses that pages report, notes of
// clients, and ends.
func TestRecords(t *testing.T) {
	for _, s := range secrets {
		q := url.QueryEscape(s.value)
		for _, r := range []record.Record{
			{Kind: record.KindRequest, Name: "wss://h/ws?token=" + q, Remote: "https://h/page name?ticket=" + q + "#access_token=" + q},
			{Kind: record.KindRequest, Name: "my socket?token=" + q, Remote: "worker https://u:" + url.PathEscape(s.value) + "@h/w.js?key=" + q},
			{Kind: record.KindRequest, Name: "/a b;token=" + q, Remote: "https://h/\n?token=" + q},
			{Kind: record.KindNote, Name: "wait", Reason: "dial wss://h/ws?token=" + q + ": refused"},
			{Kind: record.KindNote, Name: "x?token=" + q, Reason: "subprotocol token." + q + "; no"},
			{Kind: record.KindEnd, Reason: "no connection to wss://h/?apikey=" + q},
			{Kind: record.KindBroken, Reason: "Authorization=" + q},
			{Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 x\r\nSet-Cookie: a=" + q + "\r\n\r\n")},
		} {
			if strings.Contains(r.Reason, "subprotocol") && !s.shaped {
				continue
			}
			got := redact.Record(&r)
			if part := leak(got.Name+"\n"+got.Remote+"\n"+got.Reason+"\n"+string(got.Head), s.value); part != "" {
				t.Errorf("%q: %q is left in %q %q %q %q", s.value, part, got.Name, got.Remote, got.Reason, got.Head)
			}
		}
	}
}

// kept are heads and words without a credential: they stay byte for byte.
var kept = []string{
	"GET / HTTP/1.1\r\nHost: example.com:8080\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15\r\n\r\n",
	"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
	"GET /ws/chat?room=general&name=Ann+Lee&page=2&lang=de-DE HTTP/1.1\r\n\r\n",
	"GET /ws?EIO=4&transport=websocket&t=OxKz1 HTTP/1.1\r\n\r\n",
	"GET /author/keyboards/monkey;v=2/authority?author=bob&hotkey=ctrl HTTP/1.1\r\n\r\n",
	"GET /ws?token= HTTP/1.1\r\n\r\n",
	"GET /rooms/550e8400-e29b-41d4-a716-446655440000?id=9f86d081884c7d659a2feaa0c55ad015 HTTP/1.1\r\n\r\n",
	"GET /ws?token_type=bearer&auth_method=oauth&max_tokens=500&signature_version=4&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host HTTP/1.1\r\n\r\n",
	"GET /ws?state=open&monkey=banana&keyboard=us-layout-2024&session_count=3&next=/home?tab=1 HTTP/1.1\r\n\r\n",
	"GET /ws?filter=%7B%22price%22%3A%7B%22gt%22%3A7%7D%7D HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n\r\n",
	"GET / HTTP/1.1\r\nSec-CH-UA: \"Not/A)Brand\";v=\"8\", \"Chromium\";v=\"126\"\r\nAccept: text/html,application/xml;q=0.9,*/*;q=0.8\r\n\r\n",
	"GET / HTTP/1.1\r\nOrigin: https://example.com\r\nReferer: https://example.com/app/page?tab=2#section-4\r\nCache-Control: no-cache, max-age=0\r\n\r\n",
	"GET / HTTP/1.1\r\nX-Request-Id: 7c4a8d09-ca37-62af-61e5-9520943dc264\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n",
	"GET / HTTP/1.1\r\nIdempotency-Key: 8e03978e-40d5-43e8-bc93-6894a57f9324\r\nIf-None-Match: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\r\n\r\n",
	"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\", error_description=\"The token expired\"\r\n\r\n",
	"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"Access to internal site\"\r\n\r\n",
	"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Headers: Authorization, X-Token\r\nVary: Cookie, Authorization\r\n\r\n",
	"HTTP/1.1 429 Too Many Requests\r\nX-Ratelimit-Remaining-Tokens: 149984\r\nX-Ratelimit-Limit-Tokens: 150000\r\nRetry-After: 3\r\n\r\n",
	"HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2026 12:00:00 GMT\r\nETag: W/\"5e1-18f\"\r\nContent-Security-Policy: default-src 'self'; script-src 'self' https://cdn.example.com\r\n\r\n",
	"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: chat, v1.kernel.websocket.jupyter.org, wamp.2.json, openai-beta.realtime-v1, mqttv5.0, v5.channel.k8s.io\r\n\r\n",
	"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: bearer, graphql-ws\r\n\r\n",
	"GET / HTTP/1.1\nX-Folded: one,\n two\n\tthree\nX-Time: 12:30:00\n\n",
	"GET / HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9, 10.0.0.1\r\nForwarded: for=203.0.113.9;proto=https;by=10.0.0.1\r\nVia: 1.1 proxy\r\n\r\n",
	"GET / HTTP/1.1\r\nno colon\r\nX-Empty:\r\n: x\r\n\r\n",
	"",
}

// TestHarmlessStays proves that what is no credential is not hidden.
func TestHarmlessStays(t *testing.T) {
	for _, head := range kept {
		if got := string(redact.Head([]byte(head))); got != head {
			t.Errorf("is  %q\nwas %q", got, head)
		}
	}
	for _, word := range []string{
		"/ws/echo", "127.0.0.1:5000", "wss://example.com/ws?room=1", "attempt 2 in 1.5s: the server closed (backoff); 3 messages (20 bytes) queued",
		"1001 restart, clean", "subprotocol chat; extensions permessage-deflate", "the connection ended", "Token expired yesterday", "Basic authentication is needed",
		"[2001:db8::1]:443", "worker https://example.com/w.js?v=3",
	} {
		r := redact.Record(&record.Record{Kind: record.KindNote, Name: word, Reason: word})
		if r.Name != word || r.Reason != word {
			t.Errorf("%q became %q, %q", word, r.Name, r.Reason)
		}
	}
	r := &record.Record{Kind: record.KindFrame, Payload: []byte("token=abc")}
	if redact.Record(r) != r {
		t.Error("a message was changed")
	}
}

// FuzzHead proves that redaction of any bytes ends, is stable, adds no line, and leaves no token whatever is around it.
func FuzzHead(f *testing.F) {
	for _, p := range places {
		f.Add([]byte(strings.ReplaceAll(p.head, "$", "SECRET")), 0)
	}
	for _, head := range kept {
		f.Add([]byte(head), 1)
	}
	f.Fuzz(func(t *testing.T, head []byte, at int) {
		got := redact.Head(head)
		if again := redact.Head(got); string(again) != string(got) {
			t.Errorf("%q\nonce  %q\ntwice %q", head, got, again)
		}
		if lines := strings.Count(string(head), "\n"); strings.Count(string(got), "\n") > lines {
			t.Errorf("%q has more lines than %q", got, head)
		}
		cut := int(uint(at) % uint(len(head)+1))
		with := string(head[:cut]) + "\r\nAuthorization: Bearer s3cr3t-s3cr3t\r\n" + string(head[cut:])
		if part := leak(string(redact.Head([]byte(with))), "s3cr3t-s3cr3t"); part != "" && !strings.Contains(string(head), part[:4]) {
			t.Errorf("%q leaves a credential", with)
		}
	})
}
