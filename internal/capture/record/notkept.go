package record

// NotKept returns how many bytes of a frame's payload, and of the message that it ends, the capture did not keep. What the end of
// the stream cut off never came, and is not counted.
func (r *Record) NotKept() (payload, message uint64) {
	if r.Kind != KindFrame {
		return 0, 0
	}
	if !r.Truncated {
		payload = r.Header.Length - min(uint64(len(r.Payload)), r.Header.Length)
	}
	if r.Final {
		message = r.Inflated - min(uint64(len(r.Bytes())), r.Inflated)
	}
	return payload, message
}

// IsCut reports whether the capture has only the beginning of a frame's payload, or of the message that it ends.
func (r *Record) IsCut() bool {
	payload, message := r.NotKept()
	return payload > 0 || message > 0
}
