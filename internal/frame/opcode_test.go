package frame

import "testing"

// This test proves that every opcode has its name and its kind.

func TestOpcodeNames(t *testing.T) {
	want := []string{
		"continuation", "text", "binary", "reserved 3", "reserved 4", "reserved 5", "reserved 6", "reserved 7",
		"close", "ping", "pong", "reserved B", "reserved C", "reserved D", "reserved E", "reserved F",
	}
	for i, name := range want {
		o := Opcode(i)
		if o.String() != name || o.IsControl() != (i >= 8) || o.IsReserved() != (len(name) == len("reserved 3")) {
			t.Errorf("%d: %q control %t reserved %t", i, o, o.IsControl(), o.IsReserved())
		}
	}
}
