package record

// cut is the bit, in the byte of side and direction, that says that [Record.KeptPayload] and [Record.KeptBody] stand at the end of a
// frame's record: older readers, which do not look there, read the rest.
const cut = 1 << 3

func (r *Record) isCut() bool { return r.Kind == KindFrame && r.KeptPayload|r.KeptBody != 0 }

// Cut appends to dst a batch as b, in which payloads and bodies of frames over n bytes are cut to n, and their records say how
// much there is. It returns b itself when nothing in it is longer. A malformed batch is returned as it is.
func Cut(dst, b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	long := false
	batch, err := ReadBatch(b, func(r *Record) bool {
		long = r.Kind == KindFrame && (len(r.Payload) > n || len(r.Body) > n)
		return !long
	})
	if err != nil || !long {
		return b
	}
	dst = AppendBatch(dst, batch)
	_, _ = ReadBatch(b, func(r *Record) bool { // it was well formed up to the first long record; the ring's batches are
		if r.Kind == KindFrame && (len(r.Payload) > n || len(r.Body) > n) {
			r.KeptPayload, r.KeptBody = uint64(len(r.Payload)), uint64(len(r.Body))
			r.Payload, r.Body = r.Payload[:min(n, len(r.Payload))], r.Body[:min(n, len(r.Body))]
		}
		dst = AppendRecord(dst, r)
		return true
	})
	return dst
}
