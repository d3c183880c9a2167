package main

// allowed explains each wait without a deadline that stays: by file, enclosing function and source text.
var allowed = map[string]string{
	// A time that is itself what is tested: silence, an expiry.
	"internal/app/cluster/cluster_test.go TestHeartbeatKeepsIdleConnections: time.Sleep(7 * time.Second)": "longer than nginx allows silence",
	"internal/app/redis/redis_test.go TestPresenceKnowsAllNodes: time.Sleep(2 * time.Second)":             "past the expiry of what is not renewed",
	"internal/app/cluster/matrix_test.go freeze: time.Sleep(d)":                                           "a node is stopped for that long",
	"internal/app/cluster/sessions_test.go fenceNode: time.Sleep(30 * time.Second)":                       "a node stays stopped for that long, in make faults",
	"internal/test/faults/browser_test.go TestChromiumFreezeAndResume: time.Sleep(3 * time.Second)":       "a page stays frozen for longer than every bound",

	// A window in which nothing may happen. On a slow machine the test sees less, and does not fail.
	"internal/app/cluster/matrix_test.go TestRestartMatrix: time.Sleep(talk)":                                                       "users talk, so that there is something to lose",
	"internal/server/proxy/relay_test.go TestASideThatDoesNotReadStopsTheOther: time.Sleep(300 * time.Millisecond)":                 "the count of bytes stands still",
	"internal/test/browsertest/coder/coder_js_test.go TestACancelledDialLeavesASocketOnTheServer: time.Sleep(time.Second)":          "the socket is still there",
	"internal/test/browsertest/coder/coder_js_test.go TestCloseNowClosesNothing: time.Sleep(300 * time.Millisecond)":                "the socket is still there",
	"internal/test/faults/browser_test.go TestChromiumAHiddenPageDefers: time.Sleep(time.Second)":                                   "no attempt is made",
	"internal/test/faults/resume_test.go strikeOften: time.Sleep(20 * time.Millisecond)":                                            "messages are under way when the client reconnects",
	"wasm/internal/jsbridge/socket_js_test.go TestTheBrowsersRefusalIsAnError: time.Sleep(50 * time.Millisecond)":                   "no event arrives",
	"wasm/internal/jsbridge/socket_js_test.go TestDrainedIsReportedOnceAndNothingIsWokenBefore: time.Sleep(300 * time.Millisecond)": "the program is not resumed",
	"wasm/internal/jsbridge/socket_js_test.go TestDrainedIsReportedOnceAndNothingIsWokenBefore: time.Sleep(100 * time.Millisecond)": "no event arrives",
	"wasm/resumeserver/account_test.go tally: time.Sleep(time.Millisecond)":                                                         "a pause now and then, so that messages come alone and in groups",
	"wasm/tether/conformance_inbox_test.go TestAFullInboxLosesNothingSilently: time.Sleep(300 * time.Millisecond)":                  "the inbox does not grow",

	// In a bubble, which this program does not see.
	"wasm/resumeserver/retake_test.go Save: <-o.held":                                     "until the Take of the test",
	"wasm/resumeserver/retake_test.go Take: time.Sleep(time.Millisecond)":                 "what follows from the Save comes first",
	"internal/app/virtual_test.go Accept: select":                                         "a listener of bubbles",
	"internal/app/virtual_test.go dial: select":                                           "a listener of bubbles",
	"internal/server/stall_test.go Accept: select":                                        "a listener of a bubble",
	"wasm/tether/fakenet_test.go pass: time.Sleep(d)":                                     "the network of bubbles",
	"wasm/tether/peer_native_test.go client: n.group.Wait()":                              "the peers of a bubble, which their network's end ends",
	"wasm/tether/peer_native_test.go Read: time.Sleep(step)":                              "the rate of a slow peer, in bubbles",
	"wasm/tether/peer_native_test.go write: time.Sleep(step)":                             "the rate of a slow peer, in bubbles",
	"wasm/tether/peer_native_test.go write: select":                                       "a peer's turn to write, until its network ends",
	"wasm/tether/peer_native_test.go write: <-p.writing":                                  "it holds a value: the turn that was taken",
	"wasm/tether/transfer_native_test.go TestATransferThatStandsStillIsNoticed: <-p.over": "a peer of a bubble, until its network ends",
	"wasm/resumeserver/slow_test.go Read: time.Sleep(50 * time.Millisecond)":              "the rate of a slow connection",
	"wasm/resumeserver/slow_test.go Write: time.Sleep(50 * time.Millisecond)":             "the rate of a slow connection",
	"wasm/tether/fleet_native_test.go end: f.ends.Wait()":                                 "clients on the network of bubbles",

	// On another goroutine, or with a deadline of its own.
	"internal/app/cluster/sessionload_test.go Run: all.Wait()":                                "the test ends it and waits for it with a deadline",
	"internal/server/forward/conversation_test.go exchange: writing.Wait()":                   "the connection has a deadline",
	"internal/server/resume_test.go TestSessionsGoOnAtAnotherNode: work.Wait()":               "the client is closed before, and closing has a deadline",
	"internal/tap/injector_test.go connect: ready <- c":                                       "a handler; the test receives with a deadline",
	"internal/tap/injector_test.go connect: <-left":                                           "a handler, until the cleanup of the test",
	"wasm/resumeserver/account_test.go converse: writer.Wait()":                               "a handler; the test waits for it with a deadline",
	"wasm/tether/leak_js_test.go several: group.Wait()":                                       "thousands of connections, each of which has a deadline",
	"wasm/tether/example_resume_test.go ExampleWithResume: <-ended":                           "an example shows what a program writes",
	"wasm/tether/example_handle_test.go ExampleHandle: <-answer":                              "an example shows what a program writes",
	"wasm/tether/hello_test.go TestAMessageBeforeTheHelloIsKept: time.Sleep(5 * time.Second)": "a slow hello, in a bubble",
	"internal/app/chat_test.go Join: time.Sleep(50 * time.Millisecond)":                       "a broker that takes a while",
	"wasm/tether/tethertest/example_test.go Example: <-ended":                                 "an example shows what a program writes",
	"wasm/tether/example_typed_test.go ExampleNewTyped: <-ended":                              "an example shows what a program writes",

	// A channel that holds a value already.
	"wasm/tether/resume_client_test.go TestAServerThatLies: <-s.lost":                 "after a look at its length",
	"wasm/tether/resume_conformance_test.go TestResumeLosesAndDoublesNothing: <-gaps": "after a look at its length",

	// The tests of await itself.
	"internal/test/await/await_test.go failure: <-done":                                "every wait of a failing test ends after a second",
	"internal/test/await/await_test.go TestAWaitInVainSaysWhatItWaitedFor: select {}":  "what is waited for in vain",
	"internal/test/await/await_test.go TestAChannelThatAnswersOtherwiseFails: ch <- 3": "it has room",
}
