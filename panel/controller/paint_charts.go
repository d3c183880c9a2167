package controller

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/charts"
)

// chartLines are the numbers of each bin that static/panel/charts.js reads, in its order. Times are in ns.
var chartLines = [...]func(b *charts.Bin) uint64{
	func(b *charts.Bin) uint64 { return b.Rows[record.Out] },
	func(b *charts.Bin) uint64 { return b.Rows[record.In] },
	func(b *charts.Bin) uint64 { return b.Bytes[record.Out] },
	func(b *charts.Bin) uint64 { return b.Bytes[record.In] },
	func(b *charts.Bin) uint64 { return b.Answers },
	func(b *charts.Bin) uint64 { return uint64(b.P50) },
	func(b *charts.Bin) uint64 { return uint64(b.P95) },
	func(b *charts.Bin) uint64 { return uint64(b.P99) },
	func(b *charts.Bin) uint64 { return uint64(b.Max) },
}

// Charts appends to dst the charts as static/panel/charts.js reads them: when the first bin begins, in milliseconds since 1970, and how many milliseconds
// each has, with a comma between; and behind a semicolon each of the [chartLines]. Nothing is appended while the charts are off.
func (c *core) Charts(dst []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.charts {
		return dst
	}
	v := c.model.Charts()
	dst = strconv.AppendFloat(dst, float64(v.Start)/1e6, 'f', 3, 64)
	dst = strconv.AppendFloat(append(dst, ','), float64(v.Width)/1e6, 'f', -1, 64)
	for _, line := range chartLines {
		dst = appendNumbers(dst, len(v.Bins), func(i int) uint64 { return line(&v.Bins[i]) })
	}
	return dst
}
