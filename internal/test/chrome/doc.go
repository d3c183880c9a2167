// Package chrome drives a real Chromium for tests, screenshots and the benchmark. It is test support: nothing that a
// user runs imports it.
//
// It speaks the Chrome DevTools Protocol (CDP) by internal/cdp, without a driver, for three reasons. The benchmark must decide exactly which
// CDP domains are on, since the Network domain turns every WebSocket message into an event and thereby slows the page
// by half. The comparison of our records with Chromium's own view needs CDP's events as they came. And a driver that
// hides the process tree could not be trusted to leave none of it behind.
//
// The words: a [Browser] is one process tree with a fresh profile, or a private part of one; a [Page] is one of its tabs.
// CDP travels over a pipe (--remote-debugging-pipe), not over a TCP port: no other program on the machine can reach it,
// and Chromium ends by itself when the process that started it dies.
//
// In a test:
//
//	b := chrome.New(t)                              // skips or fails when no Chromium is installed; closed at cleanup
//	p := chrome.Open(t, b, server.URL)
//	chrome.Wait(t, p, `document.title == "ready"`)
//	n := chrome.Get[int](t, p, `document.querySelectorAll("li").length`)
//
// [Share], called by a package's TestMain, makes one process serve all of them.
//
// For a look at a page: go run ./internal/test/chrome/shot -url http://127.0.0.1:7316/ -out x.png -w 1280 -h 800 -dark
package chrome
