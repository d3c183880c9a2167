package codec

// What the codecs accept when no option says otherwise.
const (
	DefaultMaxSize  = 16 << 20 // bytes; tether's own default for a message
	DefaultMaxDepth = 128      // arrays, maps and messages within each other
)

// Limits bounds what a codec decodes. A decoded value may need a multiple of its message's size in memory, which depends
// on the Go type: each item needs at least one byte of the message, and no length in it is believed beforehand.
type Limits struct {
	Size  int // bytes of one message
	Depth int // levels: a number has 0, an empty array 1
}

// Option changes the limits of a codec.
type Option func(*Limits)

// WithMaxSize bounds the message that is decoded, in bytes. Below 1 it means [DefaultMaxSize].
func WithMaxSize(bytes int) Option { return func(l *Limits) { l.Size = bytes } }

// WithMaxDepth bounds how deep the values of a message may nest. Below 1 it means [DefaultMaxDepth]. Formats without
// nesting ignore it.
func WithMaxDepth(levels int) Option { return func(l *Limits) { l.Depth = levels } }

// NewLimits returns the limits that options make of the defaults.
func NewLimits(opts ...Option) Limits {
	var l Limits
	for _, o := range opts {
		o(&l)
	}
	if l.Size < 1 {
		l.Size = DefaultMaxSize
	}
	if l.Depth < 1 {
		l.Depth = DefaultMaxDepth
	}
	return l
}

// CheckSize returns an [Error] of [ErrTooLarge] for a message past the limit; its place is the first byte too many. It is
// the first thing that a codec does with a message; codec and typ are what the error says.
func (l Limits) CheckSize(codec, typ string, b []byte) error {
	if len(b) > l.Size {
		return &Error{Codec: codec, Type: typ, Offset: l.Size, Err: ErrTooLarge}
	}
	return nil
}
