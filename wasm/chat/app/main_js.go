// Command app is the chat page written in Go: an example of package tether in a browser, to copy. It shows the same page
// as static/chat.mjs, which is written in JavaScript; compare them.
//
// session_js.go knows who the person is, message_js.go what is sent (the structs are those of package chat, shared with the
// server), room_js.go holds the connection, page_js.go, people_js.go and log_js.go are the page, dom_js.go is the little that a
// Go program needs of the DOM. Whatever a peer sent becomes a text node and nothing else.
package main

func main() {
	newPage().start()
	select {} // the page's events do the rest
}
