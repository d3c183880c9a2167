package frame

import "testing"

// These tests prove that extensions are checked against their offer, permessage-deflate by the rules of RFC 7692 §7.1.

func TestExtensionProblems(t *testing.T) {
	checkChanges(t, []change{
		{"permessage-deflate; server", "x-other; server", []string{`the extension "x-other", which the client did not offer`}},
		{"permessage-deflate; server", "permessage-deflate, permessage-deflate; server", []string{`"permessage-deflate" twice`}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: foo; bar=\"b,\\\"z\"\r", []string{`not a token: "bar=\"b,\\\"z\""`, "did not offer"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate\r", []string{"answers none of the client's offers (RFC 7692 §7.1)"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=\"12\"\r", nil},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=11\r", []string{"answers none"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; server_max_window_bits=10; client_max_window_bits\r", []string{"answers none"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=7\r", []string{"answers none"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=7, permessage-deflate; client_max_window_bits\r", nil},
		{"client_max_window_bits=12", "client_max_window_bits", []string{`client_max_window_bits must be 8–15, not "" (RFC 7692 §7.1.2)`}},
		{"client_max_window_bits=12", "client_max_window_bits=16", []string{`8–15, not "16"`}},
		{"client_max_window_bits=12", "client_max_window_bits=08", []string{`8–15, not "08"`}},
		{"client_max_window_bits=12", "server_max_window_bits=x", []string{`8–15, not "x"`}},
		{"client_max_window_bits=12", "server_no_context_takeover", []string{`"server_no_context_takeover" stands twice`}},
		{"client_max_window_bits=12", "client_no_context_takeover=1", []string{"must not have a value (RFC 7692 §7.1.1)"}},
		{"client_max_window_bits=12", "level=9", []string{`no parameter "level"`}},
		{"client_max_window_bits=12", "server_max_window_bits=9", nil},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits, a b\r", []string{`whose name is not a token: "a b"`}},
		{"; server_no_context_takeover; client_max_window_bits=12", "", nil},
	})
}

func TestServerMustGrantNoContextTakeover(t *testing.T) {
	offer := Extension{Name: deflateName, Params: []Param{{Name: paramServerNoTakeover}}}
	granted := Extension{Name: deflateName, Params: []Param{{Name: paramServerNoTakeover}, {Name: paramClientNoTakeover}}}
	if !answers(granted, offer) || answers(Extension{Name: deflateName}, offer) {
		t.Error("RFC 7692 §7.1.1.1: a server that accepts the offer must name server_no_context_takeover")
	}
}
