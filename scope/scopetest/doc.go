// Package scopetest puts a tap between the clients and the server of a Go test, and says what passed there: what was sent and received,
// whether both ends follow RFC 6455 and RFC 7692, and what they do when messages are late, lost or changed.
//
//	tap := scopetest.Start(t, scopetest.Config{Handler: myServer})
//	client := dial(tap.URL + "/ws")
//	tap.WaitSent(`op:text $.type="subscribe"`)
//	tap.SetRules("dir:in op:text => delay 2s")
//	tap.NoViolations()
//
// # Shape
//
// The tap is a server of this repository in the test's own process, on loopback, with the handler or URL as its target. [Tap.Client] is
// a client of its control API, with everything that package scope can do. It ends with the test. When the test has failed, its capture
// is kept and the log says where: tetherscope show, lint and the panel open it.
//
// # Never
//
// It is for tests: it listens on loopback only, and links the server, which a program should not.
package scopetest
