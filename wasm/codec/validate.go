package codec

// Validator is a value that knows whether it is valid beyond what its Go type says. Every codec calls Validate on the
// value that it decoded, on the value itself or on a pointer to it, and not on the values within.
type Validator interface{ Validate() error }

// Validate calls v's own Validate if it has one; In may be a pointer itself. It returns nil or an [Error] that is both
// [ErrInvalid] and what Validate returned. It is for codecs: codec and typ are what the error says.
func Validate[In any](codec, typ string, v *In) error {
	check, ok := any(v).(Validator)
	if !ok {
		check, ok = any(*v).(Validator)
	}
	if !ok {
		return nil
	}
	if err := check.Validate(); err != nil {
		return &Error{Codec: codec, Type: typ, Offset: -1, Err: &invalid{err}}
	}
	return nil
}

// invalid is ErrInvalid with its cause.
type invalid struct{ cause error }

func (e *invalid) Error() string   { return ErrInvalid.Error() + ": " + e.cause.Error() }
func (e *invalid) Unwrap() []error { return []error{ErrInvalid, e.cause} }
