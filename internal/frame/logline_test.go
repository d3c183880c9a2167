package frame

import "testing"

// TestLogLine: a line has the form that tetherscope -log-frames documents; decoder_test.go has a line for every known frame.
func TestLogLine(t *testing.T) {
	for want, h := range map[string]Header{
		"↓ Text FIN:1 MASK:1 LEN:5":                                {Fin: true, Opcode: Text, Masked: true, Length: 5},
		"↓ Continuation FIN:0 MASK:0 LEN:0":                        {},
		"↓ Reserved F FIN:0 RSV:1 MASK:0 LEN:18446744073709551615": {Rsv: RSV3, Opcode: 15, Length: 1<<64 - 1},
	} {
		if got := LogLine(ArrowIn, h); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
