package transport

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// AppendOrders writes orders in the form that static/tether/engine.mjs reads: per order nine numbers of 32 bits, little
// endian (kind, generation, timer, id, state, attempt, code, bytes of reason, bytes of cause), the delay in milliseconds
// as a 64-bit float, and then the two texts in UTF-8.
func AppendOrders(dst []byte, orders []engine.Order) []byte {
	for _, o := range orders {
		for _, n := range [...]uint32{
			uint32(o.Kind), o.Generation, o.Timer, o.ID, uint32(o.State), uint32(o.Attempt), uint32(o.Code),
			uint32(len(o.Reason)), uint32(len(o.Cause)),
		} {
			dst = binary.LittleEndian.AppendUint32(dst, n)
		}
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(float64(o.Delay)/float64(time.Millisecond)))
		dst = append(dst, o.Reason...)
		dst = append(dst, o.Cause...)
	}
	return dst
}
