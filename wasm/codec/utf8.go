package codec

import "unicode/utf8"

// CheckUTF8 returns an [Error] of [ErrUTF8] at the first byte of b that is not UTF-8. It is for codecs: codec and typ are
// what the error says. What arrives as text was checked by the transport and needs it no more.
func CheckUTF8(codec, typ string, b []byte) error {
	if utf8.Valid(b) {
		return nil
	}
	for at := 0; ; {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			return &Error{Codec: codec, Type: typ, Offset: at, Err: ErrUTF8}
		}
		at += n
	}
}
