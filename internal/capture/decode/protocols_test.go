package decode

import "testing"

func TestSocketIO(t *testing.T) {
	path := "/socket.io/?EIO=4&transport=websocket"
	golden(t, socketIO{}, []vector{
		{text: `0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`, in: true},
		{text: `2`, path: path, in: true},
		{text: `3probe`, path: path},
		{text: `40`, path: path},
		{text: `40{"sid":"wZX3oN0bSVIhsaknAAAI"}`, in: true},
		{text: `40/admin,{"token":"x"}`},
		{text: `42["foo",{"a":1}]`},
		{text: `42/chat,12["message","hi"]`},
		{text: `43/chat,12["ok"]`, in: true},
		{text: `451-["upload",{"_placeholder":true,"num":0}]`},
		{text: `461-/admin,456[{"_placeholder":true,"num":0}]`},
		{text: `44{"message":"Not authorized"}`, in: true},
		{hex: "01 02 03", path: path},
		{text: `42["cut`, path: path},
		{text: `9`, path: path},
		{text: "2\x1e42[\"price\",101]\x1e42/chat,12[\"message\",\"hi\"]\x1ebAQID", path: path, in: true},
		{text: `1:2` + `15:42["price",101]` + `10:42["€𝄞"]`, path: "/socket.io/?EIO=3&transport=websocket"},
		{text: `bAQID`, path: path, in: true},
		{text: `2:40` + `9:42["cut`, path: "/socket.io/?EIO=3&transport=websocket"},
	})
}

func TestGraphQL(t *testing.T) {
	golden(t, graphQL{}, []vector{
		{text: `{"type":"connection_init","payload":{"token":"x"}}`, subprotocol: "graphql-transport-ws"},
		{text: `{"type":"connection_ack"}`},
		{text: `{"id":"3","type":"subscribe","payload":{"operationName":"Prices","query":"subscription Prices { price }"}}`},
		{text: `{"id":"3","type":"subscribe","payload":{"query":"fragment P on Price { a }\nsubscription OnPrice($id: ID!) { price }"}}`},
		{text: `{"id":"3","type":"subscribe","payload":{"query":"query A { a } \n query B { b }"}}`},
		{text: `{"id":"3","type":"next","payload":{"data":{"price":101.5}}}`},
		{text: `{"id":"3","type":"next","payload":{"data":null,"errors":[{"message":"no"}]}}`, subprotocol: "graphql-transport-ws"},
		{text: `{"id":"3","type":"error","payload":[{"message":"syntax"}]}`, subprotocol: "graphql-transport-ws"},
		{text: `{"id":"3","type":"complete"}`, subprotocol: "graphql-transport-ws"},
		{text: `{"type":"ping"}`, subprotocol: "graphql-transport-ws"},
		{text: `{"type":"start","id":"1","payload":{"query":"{a}"}}`},
		{text: `{"type":"data","id":"1","payload":{"data":{"a":1}}}`, subprotocol: "graphql-ws"},
		{text: `{"type":"ka"}`, subprotocol: "graphql-ws"},
		{text: `{"type":"ping"}`},
		{text: `{"type":"next","id":`, subprotocol: "graphql-transport-ws"},
	})
}

func TestJSONRPC(t *testing.T) {
	golden(t, jsonRPC{}, []vector{
		{text: `{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}`},
		{text: `{"jsonrpc": "2.0", "result": 19, "id": 1}`},
		{text: `{"jsonrpc": "2.0", "method": "update", "params": [1]}`},
		{text: `{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}`},
		{text: `[{"jsonrpc":"2.0","method":"sum","params":[1],"id":"1"},{"jsonrpc":"2.0","method":"notify"}]`},
		{text: `{"id":7,"method":"Page.navigate","params":{"url":"about:blank"}}`},
		{text: `{"id":7,"result":{}}`},
		{text: `{"id":7,"name":"no call"}`},
	})
}

func TestSignalR(t *testing.T) {
	golden(t, signalR{}, []vector{
		{text: "{\"protocol\":\"json\",\"version\":1}\x1e"},
		{text: "{}\x1e", in: true},
		{text: "{\"type\":1,\"invocationId\":\"123\",\"target\":\"Send\",\"arguments\":[\"hi\",42]}\x1e"},
		{text: "{\"type\":3,\"invocationId\":\"123\",\"result\":7}\x1e", in: true},
		{text: "{\"type\":6}\x1e{\"type\":6}\x1e"},
		{text: "{\"type\":7,\"error\":\"Connection closed\"}\x1e"},
		// [1, {}, "xyz", "method", [42]], the example of the hub protocol's document, with its length before it.
		{hex: "12 95 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a c0 90"},
		{hex: "11 95 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a c0"},
		{hex: "10 95 01 80 a3 78 79 7a a6 6d 65 74 68 6f 64 91 2a"},
		{hex: "02 91 06"},
		{hex: "7f 91 06"},
		{text: "{\"type\":1}"},
	})
}

func TestPhoenix(t *testing.T) {
	path := "/socket/websocket?vsn=2.0.0"
	golden(t, phoenix{}, []vector{
		{text: `["1","1","room:lobby","phx_join",{}]`, path: path},
		{text: `["1","1","room:lobby","phx_reply",{"response":{},"status":"ok"}]`, in: true},
		{text: `[null,"2","phoenix","heartbeat",{}]`},
		{text: `["1",null,"room:lobby","new_msg",{"body":"hi"}]`},
		{text: `{"topic":"room:lobby","event":"phx_join","payload":{},"ref":"1"}`},
		{text: `["a","b","c","d"]`},
		{text: ``},
	})
}

func TestWAMP(t *testing.T) {
	golden(t, wamp{}, []vector{
		{text: `[1,"somerealm",{"roles":{"subscriber":{}}}]`, subprotocol: "wamp.2.json"},
		{text: `[2,9129137332,{"roles":{"broker":{}}}]`, subprotocol: "wamp.2.json", in: true},
		{text: `[48,7814135,{},"com.myapp.ping",["hi"]]`},
		{text: `[50,7814135,{},[30]]`, subprotocol: "wamp.2.json", in: true},
		{text: `[8,48,7814135,{},"com.myapp.error"]`, subprotocol: "wamp.2.json", in: true},
		{text: `[36,5512315355,4429313566,{},["hi"]]`, subprotocol: "wamp.2.json", in: true},
		{hex: "94 20 07 80 a5 74 6f 70 69 63", subprotocol: "wamp.2.msgpack"},
		{hex: "84 18 20 07 a0 65 74 6f 70 69 63", subprotocol: "wamp.2.cbor"},
		{text: `[99]`, subprotocol: "wamp.2.json"},
		{text: `[]`, subprotocol: "wamp.2.json"},
	})
}

func TestActionCable(t *testing.T) {
	golden(t, actionCable{}, []vector{
		{text: `{"type":"welcome"}`, subprotocol: "actioncable-v1-json", in: true},
		{text: `{"command":"subscribe","identifier":"{\"channel\":\"ChatChannel\",\"room\":1}"}`},
		{text: `{"identifier":"{\"channel\":\"ChatChannel\",\"room\":1}","type":"confirm_subscription"}`, in: true},
		{text: `{"command":"message","identifier":"{\"channel\":\"ChatChannel\",\"room\":1}","data":"{\"action\":\"speak\"}"}`},
		{text: `{"identifier":"{\"channel\":\"ChatChannel\",\"room\":1}","message":{"body":"hi"}}`, in: true},
		{text: `{"type":"ping","message":1700000000}`, subprotocol: "actioncable-v1-json", in: true},
	})
}

func TestSockJS(t *testing.T) {
	path := "/echo/123/abcdefgh/websocket"
	golden(t, sockJS{}, []vector{
		{text: `a["CONNECTED\nversion:1.2\n\n\u0000"]`, path: "/ws/123/abc/websocket", in: true},
		{text: `["SEND\ndestination:/a\nreceipt:7\n\nhi\u0000"]`, path: "/ws/123/abc/websocket"},
		{text: `o`, path: path, in: true},
		{text: `h`, in: true},
		{text: `a["{\"a\":1}","two"]`, in: true},
		{text: `c[3000,"Go away!"]`, path: path, in: true},
		{text: `["hello"]`, path: path},
		{text: `a[1`, path: path},
		{text: `x`},
	})
}

func TestSTOMP(t *testing.T) {
	golden(t, stomp{}, []vector{
		{text: "CONNECT\naccept-version:1.2\nhost:example\n\n\x00", subprotocol: "v12.stomp"},
		{text: "CONNECTED\r\nversion:1.2\r\n\r\n\x00\n", in: true},
		{text: "SEND\ndestination:/queue/a\nreceipt:r-1\ncontent-type:application/json\n\n{\"a\":1}\x00"},
		{text: "RECEIPT\nreceipt-id:r-1\n\n\x00", in: true},
		{text: "MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/queue/a\\cb\ndestination:/second\ncontent-length:3\n\na\x00b\x00", in: true},
		{text: "ERROR\nreceipt-id:r-2\nmessage:malformed frame\n\nwhy\x00", in: true},
		{text: "\n", subprotocol: "v12.stomp"},
		{text: "SEND\nno colon\n\n\x00"},
		{text: "SEND\na:b", subprotocol: "v12.stomp"},
		{text: "SEND\ncontent-length:1\n\nabc\x00"},
	})
}

func TestMQTT(t *testing.T) {
	golden(t, mqtt{}, []vector{
		{hex: "10 10 00 04 4d 51 54 54 04 02 00 3c 00 04 61 62 63 64"},
		{hex: "20 02 00 00", subprotocol: "mqtt", in: true},
		{hex: "30 0a 00 03 61 2f 62 68 65 6c 6c 6f", subprotocol: "mqtt"},
		{hex: "33 0a 00 03 61 2f 62 00 0a 7b 7d 20", subprotocol: "mqtt"},
		{hex: "40 02 00 0a", subprotocol: "mqtt", in: true},
		{hex: "82 08 00 01 00 03 61 2f 62 00", subprotocol: "mqtt"},
		{hex: "90 03 00 01 00", subprotocol: "mqtt", in: true},
		{hex: "c0 00 c0 00", subprotocol: "mqtt"},
		{hex: "d0 00", subprotocol: "mqtt", in: true},
		{hex: "30 7f 00", subprotocol: "mqtt"},
		{hex: "40 01 00", subprotocol: "mqtt"},
		{hex: "30 ff ff ff ff 7f", subprotocol: "mqtt"},
		{hex: "10 13 00 04 4d 51 54 54 05 02 00 3c 05 11 00 00 00 0a 00 01 61"},
	})
}

func TestEventStream(t *testing.T) {
	golden(t, eventStream{}, []vector{
		{text: "event: next\ndata: {\"data\":{\"price\":101.5}}\n\n", in: true},
		{text: "event: next\nid: 7\ndata: {\"id\":\"3\",\"type\":\"next\",\"payload\":{\"data\":{}}}\n\nevent: complete\ndata:\n\n", in: true},
		{text: "data: two\r\ndata: lines\r\n\r\n", in: true},
		{text: ": keep-alive\n\n", subprotocol: "text.event-stream", in: true},
		{text: "\n", subprotocol: "text.event-stream", in: true},
		{text: "data: unfinished", subprotocol: "text.event-stream", in: true},
		{text: "name: value\n\n"},
	})
}

func TestGRPCWeb(t *testing.T) {
	golden(t, grpcWeb{}, []vector{
		{hex: "00 00 00 00 03 08 96 01"},
		{hex: "00 00 00 00 03 08 96 01 80 00 00 00 0f 67 72 70 63 2d 73 74 61 74 75 73 3a 30 0d 0a", in: true},
		{hex: "00 00 00 00 00 03 08 96 01", subprotocol: "grpc-websockets"},
		{hex: "01", subprotocol: "grpc-websockets"},
		{hex: "63 6f 6e 74 65 6e 74 2d 74 79 70 65 3a 20 61 0d 0a 78 3a 20 31 0d 0a", subprotocol: "grpc-websockets"},
		{hex: "01 00 00 00 04 1f 8b 08 00", subprotocol: "grpc-websockets", in: true},
		{hex: "00 00 00 00 09 08 96 01", subprotocol: "grpc-websockets", in: true},
		{hex: "07 00 00 00 03 08 96 01", in: true, subprotocol: "grpc-websockets"},
		{hex: "00 00 00 00 00"},
	})
}
