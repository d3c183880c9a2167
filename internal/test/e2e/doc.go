// Package e2e holds the tests of the whole: a real server, real Chromium, real tshark, and a client that writes frames
// byte by byte.
//
// The words: a peer is the raw client of the tests, which knows exactly what it sent and what it received; a wire frame
// is one frame as the peer saw it. What the peer saw is the truth that records, tshark, Chromium and the panel are held
// against. The peer reads frames with a reader of its own, so that it does not share the mistakes of internal/frame.
//
// There is no code here but tests.
package e2e
