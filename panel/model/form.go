package model

// Form is what a payload is copied as.
type Form uint8

// The forms.
const (
	FormPlain    Form = iota // text as it is, bytes as hexadecimal digits
	FormHex                  // hexadecimal digits without spaces
	FormBase64               // RFC 4648 §4
	FormGo                   // a Go literal: string or []byte
	FormJS                   // a JavaScript literal: string or Uint8Array
	FormC                    // a C array
	FormJSON                 // the row as Export writes it
	FormWebsocat             // a shell command that sends it again
	FormCurl                 // a shell command that makes the connection's handshake again
	NumForms
)

// String returns the form's name.
func (f Form) String() string {
	switch f {
	case FormPlain:
		return "Text"
	case FormHex:
		return "Hex"
	case FormBase64:
		return "Base64"
	case FormGo:
		return "Go literal"
	case FormJS:
		return "JavaScript literal"
	case FormC:
		return "C array"
	case FormJSON:
		return "JSON line"
	case FormWebsocat:
		return "websocat command"
	case FormCurl:
		return "curl command"
	case NumForms:
	}
	return "unknown"
}
