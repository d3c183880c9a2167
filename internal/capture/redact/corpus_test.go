package redact_test

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// secrets are what nothing may hold that this program writes. shaped ones are recognised under any name; the others need a name that
// says that they are one.
var secrets = []struct {
	value  string
	shaped bool
}{
	// JSON Web Tokens: signed, unsigned, encrypted with and without an encrypted key, nested, and only the first two parts of one.
	{"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", true},
	{"eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.", true},
	{"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg", true},
	{"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ", true},
	{"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..yhO5lr6a3mqP2Q9f.Vx6hXcE.5Yp0xI4yG7o6rQ2x1p9aTQ", true},
	{"eyJhbGciOiJFUzI1NiJ9.eyJ1c2VyIjo3fQ.MEUCIQDx-0_1abcdefghijklmnopqrstuvwxyzABCDEFGH", true},
	{"eyJ0eXAiOiJKV1QifQ.eyJzY29wZSI6ImNoYXQifQ", true},
	// Keys of services, by their prefix.
	{"sk-proj-4fGh8JkL2mNpQ6rStUvWxYz1A3bC5dE7", true},
	{"sk-ant-api03-Zx8Yw7Vu6Ts5Rq4Po3Nm2Lk1Jh0", true},
	{"ek_68af296e8e408191a1120ab6383263c2", true},
	{"ghp_16C7e42F292c6912E7710c838347Ae178B4a", true},
	{"github_pat_11ABCDEFG0h1i2J3k4L5m6_N7o8P9q0R1s2T3u4V5w6X7y8Z9", true},
	{"glpat-9Xy2Kz7Lm4Np1Qr8St3U", true},
	{"xoxb-2912345678-2912345679-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8", true},
	{"xapp-1-A01B2C3D4E5-1234567890123-a1b2c3d4e5f6a7b8", true},
	{"AIzaSyD9tSrke72PouQMnMX2a7eZSW0jkFMBWY", true},
	{"ya29.a0AfH6SMBx7Q2k9Lm3Np8Rt4Vw1Yz6Bd", true},
	{"hf_aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV", true},
	{"SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf9kqeF8tAmbihYzrnopKc1s5cr", true},
	{"sk_live_4eC39HqLyjWDarjtT1zdp7dc", true},
	{"gsk_8Hk2Lp5Wx9Zb3Nc7Vm1Qa4Sd6Fg0Jh", true},
	{"v4.local.ZxY1wV2uT3sR4qP5oN6mL7kJ8iH9gF0eD1cB2aA3", true},
	{"v2.public.eyJkYXRhIjoiMTIzIn1Yp4Qm8Wn2Xk6Zt0Rv3Ls7", true},
	{"AKIA9Q2W8E7R6T5Y4U3I", true},
	// Chance under a name that says so.
	{"9f86d081884c7d659a2feaa0c55ad015", false},
	{"a3bf4f1b2b0b822cd15d6c15b0f00a08", false},
	{"550e8400-e29b-41d4-a716-446655440000", false},
	{"dGhpcyBpcyBhIHNlY3JldCB0b2tlbg==", false},
	{"Zm9vYmFyYmF6cXV4+/Q9Xx7Kp2Lm4Nq8==", false},
	{"uY7kP2mQ9xR4tW6z", false},
	{"1/fFAGRNJru1FTz70BzhT3Zg", false},
	{"MTIzNDU2Nzg5MDEyMzQ1Njc4.X7k9Qz.Ab3De5Gh7Jk9Mn1Pq3St5Vw", false},
	{"2YotnFZFEjr1zCsicMWpAA", false},
	{"tGzv3JOkF0XG5Qx2TlKWIA", false},
	{"SplxlOBeZQQYbYS6WxSbIA", false},
	{"0123456789abcdefABCDEF0123456789abcdefAB", false},
	{"s%3A4f9KpQ2mXzL7.R8vN3wY6tB1c", false},
	{"1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", false},
	{"pk.eyJ1IjoiZXhhbXBsZSJ9xQ3", false},
	{"kubeconfig-u-abc12:x9w8v7t6s5r4q3p2", false},
	{"ST-1856339-aA5Yuvrxzpv8Tau1cYQ7", false},
	{"nSG7Qm-4kWz_pLx2Rt8Yv0Bc6Hd", false},
	{"ABCDEFGHJKLMNPQRSTUVWXYZ", false},
	{"qwertyuiopasdfghjklzxcvbnm", false},
	// What people choose.
	{"hunter2hunter2", false},
	{"correct horse battery", false},
	{"pa&ss=wo;rd#1?x", false},
	{"p@ss/word:with@signs", false},
	{"quote\"inside'it\\too", false},
	{"percent%41and%zz", false},
	{"plus+and+plus+9", false},
	{"comma,semicolon;x=1", false},
	{"naïve-pässwörd-東京", false},
	{"<script>alert(1)</script>", false},
	{"tab\tand\vmore-of-it", false},
	{"987654321012", false},
	{"s3cr3t-s3cr3t", false},
	{"Tr0ub4dor&3xkcd", false},
	{"[brackets]{braces}", false},
	{"eyJust-a-word-no-token", false},
	{"bob:correcthorse", false},
}

// encoders write a secret as a place needs it. ok says whether the place can hold it.
func raw(s string) (string, bool)   { return s, !strings.ContainsAny(s, " \t\v\r\n&=;#?,\"'<>{}\\/@") }
func field(s string) (string, bool) { return s, !strings.ContainsAny(s, "\v\r\n") }
func quoted(s string) (string, bool) {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s), !strings.ContainsAny(s, "\v\t")
}
func query(s string) (string, bool) { return url.QueryEscape(s), true }
func twice(s string) (string, bool) { return url.QueryEscape(url.QueryEscape(s)), true }
func user(s string) (string, bool)  { return url.PathEscape(s), true }
func b64(s string) (string, bool)   { return base64.StdEncoding.EncodeToString([]byte(s)), true }

func jsonIn(name string, how func([]byte) string) func(string) (string, bool) {
	return func(s string) (string, bool) {
		text, ok := quoted(s)
		return how([]byte(`{"a":1,"` + name + `":"` + text + `","b":[2]}`)), ok
	}
}

func urlEscape(b []byte) string { return url.QueryEscape(string(b)) }
func asIs(b []byte) string      { return string(b) }

// places are where a handshake holds credentials. $ is the secret. In those that need a shape nothing else tells that it is one.
var places = []struct {
	head   string
	encode func(string) (string, bool)
	shape  bool
}{
	// Header fields by their name, in every spelling.
	{"GET / HTTP/1.1\r\nAuthorization: Bearer $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nauthorization:$\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nAuthorization : Basic $\r\n\r\n", b64, false},
	{"GET / HTTP/1.1\r\nProxy-Authorization: Digest username=\"u\", response=\"$\"\r\n\r\n", quoted, false},
	{"GET / HTTP/1.1\r\nCookie: theme=dark; session=$\r\n\r\n", field, false},
	{"HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: id=$; HttpOnly; Path=/\r\n\r\n", field, false},
	{"HTTP/1.1 401 Unauthorized\r\nset-cookie2: id=$\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX-Api-Key: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX Api Key: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX-Auth Token : $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX_CSRF_TOKEN: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nCf-Access-Client-Secret: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nOcp-Apim-Subscription-Key: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX-Amz-Security-Token: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nHost: u:$@example.com\r\n\r\n", user, false},
	// Lines that only some peers read as such.
	{"GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n Authorization: Bearer $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== Cookie: a=$\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nUser-Agent: a b X-Api-Key: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: x; token=$\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nAccess-Control-Token: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nAuthorization:\r\n Bearer $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nAuthorization: Bearer\r\n\t$\r\n  and more\r\n\r\n", field, false},
	{"GET / HTTP/1.1\nAuthorization: Bearer $\nHost: x\n\n", field, false},
	{"GET / HTTP/1.1\nX-A: b\n c\nCookie: a=$\n\n", field, false},
	{"GET / HTTP/1.1\r\nX-A: b\rAuthorization: Bearer $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX-A: b\nAuthorization: Bearer $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX-A: b\r\r\nAuthorization: $\r\n\r\n", field, false},
	{"\r\n\r\nGET /?token=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nX-Original-URI: /ws?tok\r\n en=1&token=$\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nAuthorization: Bearer $", field, false},
	// The target.
	{"GET /ws?token=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?a=1&access_token=$&b=2 HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?access%5Ftoken=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?access%20token=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?user[password]=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?a=1;token=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws;token=$/x;v=1?a=1 HTTP/1.1\r\n\r\n", user, false},
	{"GET /ws?a=1#access_token=$&state=1 HTTP/1.1\r\n\r\n", query, false},
	{"GET /#/cb?token=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /my room?name=a b&token=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET  /ws?token=$\tHTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?token=$\r\n\r\n", query, false},
	{"GET /token/$/x HTTP/1.1\r\n\r\n", user, true},
	{"GET http://u:$@example.com/ws HTTP/1.1\r\n\r\n", user, false},
	{"GET ws://u:$@example.com?x HTTP/1.1\r\n\r\n", user, false},
	{"GET /ws?next=https%3A%2F%2Fh%2F%3Ftoken%3D$%26a HTTP/1.1\r\n\r\n", twice, false},
	{"GET /ws?next=/in?token=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?connectionParams=$ HTTP/1.1\r\n\r\n", jsonIn("x", urlEscape), false},
	{"GET /ws?params=$ HTTP/1.1\r\n\r\n", jsonIn("authToken", urlEscape), false},
	{"GET /ws?header=$&payload=e30= HTTP/1.1\r\n\r\n", jsonIn("Authorization", base64.StdEncoding.EncodeToString), false},
	{"GET /ws?header=$&payload=e30= HTTP/1.1\r\n\r\n", jsonIn("x-api-key", base64.RawURLEncoding.EncodeToString), false},
	{"GET /ws?X-Amz-Credential=$&X-Amz-Date=1 HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?key=$ HTTP/1.1\r\n\r\n", query, false},
	{"GET /ws?q=$ HTTP/1.1\r\n\r\n", query, true},
	{"GET /ws/$ HTTP/1.1\r\n\r\n", user, true},
	// Fields with URLs, and texts with URLs, assignments and JSON.
	{"GET / HTTP/1.1\r\nReferer: https://h/p?ticket=$&a=b\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nX-Original-URI: /ws?token=$\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nX-Forwarded-Uri: /ws;token=$?a=1\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nX-Rewrite-URL: https://u:$@h/\r\n\r\n", user, false},
	{"GET / HTTP/1.1\r\nOrigin: https://u:$@h\r\n\r\n", user, false},
	{"HTTP/1.1 302 Found\r\nLocation: https://h/cb#access_token=$\r\n\r\n", query, false},
	{"HTTP/1.1 200 OK\r\nLink: <https://h/a?token=$>; rel=\"next\", </b>; rel=last\r\n\r\n", query, false},
	{"HTTP/1.1 200 OK\r\nRefresh: 5; url=/login?session=$\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nX-Client: app=1; password=$; v=2\r\n\r\n", query, false},
	{"GET / HTTP/1.1\r\nX-Client: app=\"1\", password=\"$\"\r\n\r\n", quoted, false},
	{"GET / HTTP/1.1\r\nX-Params: $\r\n\r\n", jsonIn("secret", asIs), false},
	{"GET / HTTP/1.1\r\nX-Params: $\r\n\r\n", jsonIn("accessToken", base64.StdEncoding.EncodeToString), false},
	{"GET / HTTP/1.1\r\nX-Forwarded-Access: $\r\n\r\n", raw, true},
	{"GET / HTTP/1.1\r\nX-Goog-Iap-Assertion: $\r\n\r\n", field, false},
	{"GET / HTTP/1.1\r\nX-Debug: user bob said Bearer $ today\r\n\r\n", raw, true},
	{"GET / HTTP/1.1\r\nUser-Agent: app ($) x\r\n\r\n", raw, true},
	{"HTTP/1.1 101 see $\r\n\r\n", raw, true},
	{"GET / HTTP/1.1\r\nX-Auth\r\n\r\nX-Token: $\r\n\r\n", field, false},
	// Subprotocols.
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: chat, token.$\r\n\r\n", raw, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: bearer, $, chat\r\n\r\n", raw, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: Authorization\r\nSec-WebSocket-Protocol: $\r\n\r\n", raw, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: realtime, openai-insecure-api-key.$, openai-beta.realtime-v1\r\n\r\n", raw, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org, v1.token.websocket.jupyter.org.$\r\n\r\n", raw, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.$, v4.channel.k8s.io\r\n\r\n", raw, false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: header-$, aws-appsync-event-ws\r\n\r\n", jsonIn("Authorization", base64.RawURLEncoding.EncodeToString), false},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: graphql-ws, $\r\n\r\n", raw, true},
	{"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: $\r\n\r\n", raw, true},
	{"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: access_token.$\r\n\r\n", raw, false},
}
