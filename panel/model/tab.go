package model

// Tab is what the detail shows of the selected row.
type Tab uint8

// The tabs, in the order of their keys 1 to 7.
const (
	TabMessage Tab = iota
	TabFrame
	TabHex
	TabHandshake
	TabClose
	TabDecoded
	TabDiff
	NumTabs
)

// String returns the tab's name.
func (t Tab) String() string {
	switch t {
	case TabMessage:
		return "Message"
	case TabFrame:
		return "Frame"
	case TabHex:
		return "Hex"
	case TabHandshake:
		return "Handshake"
	case TabClose:
		return "Close"
	case TabDecoded:
		return "Decoded"
	case TabDiff:
		return "Diff"
	case NumTabs:
	}
	return "unknown"
}

// Shape is how the Message tab shows bytes.
type Shape uint8

// The shapes. Auto takes JSON for what starts like it, text for what is readable, and hex for the rest.
const (
	ShapeAuto Shape = iota
	ShapeText
	ShapeJSON
	ShapeHex
)

// String returns the shape's name.
func (s Shape) String() string {
	switch s {
	case ShapeAuto:
		return "Auto"
	case ShapeText:
		return "Text"
	case ShapeJSON:
		return "JSON"
	case ShapeHex:
		return "Hex"
	}
	return "unknown"
}

// BytesAs is how the Hex tab shows a payload that was masked on the wire.
type BytesAs uint8

// The ways.
const (
	BytesTwin   BytesAs = iota // masked and unmasked, side by side
	BytesPlain                 // unmasked
	BytesMasked                // as on the wire
)
