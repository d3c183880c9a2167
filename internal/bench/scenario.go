package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// mode is what a measurement does with messages.
type mode string

const (
	pingpong  mode = "pingpong"  // one in flight: what one round trip takes
	pipelined mode = "pipelined" // many in flight, each of which comes back
	firehose  mode = "firehose"  // from server to client only
)

var modes = []mode{pingpong, pipelined, firehose}

func (m mode) title() string {
	switch m {
	case pingpong:
		return "ping-pong, one in flight"
	case pipelined:
		return "pipelined echo, up to 256 messages or 4 MiB in flight"
	case firehose:
		return "firehose, server to client"
	}
	return string(m)
}

// kinds of messages.
var kinds = []string{"text", "binary"}

// allSizes of messages, in bytes.
var allSizes = []int{16, 128, 1 << 10, 64 << 10, 1 << 20}

// sizeName is a size as people write it.
func sizeName(bytes int) string {
	switch {
	case bytes >= 1<<20 && bytes%(1<<20) == 0:
		return strconv.Itoa(bytes>>20) + " MiB"
	case bytes >= 1<<10 && bytes%(1<<10) == 0:
		return strconv.Itoa(bytes>>10) + " KiB"
	}
	return strconv.Itoa(bytes) + " B"
}

// cell is one measurement: what a page is asked for, as JSON, and what came of it.
type cell struct {
	Mode   mode   `json:"mode"`
	Binary bool   `json:"binary"`
	URL    string `json:"url"`
	N      int    `json:"n"`      // messages
	Size   int    `json:"size"`   // bytes of each
	Window int    `json:"window"` // messages in flight

	samples [][]sample // by variant
}

func (c *cell) kind() string {
	if c.Binary {
		return "binary"
	}
	return "text"
}

// amounts are how many messages of up to 1 KiB a measurement has: enough for some tenths of a second. Larger ones are
// fewer, so that it moves at most so many bytes, but never fewer than the least.
var amounts = map[mode]struct{ most, bytes, least int }{
	pingpong:  {1500, 32 << 20, 60},
	pipelined: {10000, 64 << 20, 60},
	firehose:  {60000, 128 << 20, 100},
}

// amount is how many messages of a size a measurement has.
func amount(m mode, size int, short bool) int {
	a := amounts[m]
	n := max(a.least, min(a.most, a.bytes/size))
	if short {
		n = max(a.least/2, n/5)
	}
	return n
}

// newCell plans a measurement of n messages on a server at ws.
func newCell(m mode, kind string, size, n int, ws string) *cell {
	c := &cell{Mode: m, Binary: kind == "binary", N: n, Size: size, Window: 1, URL: ws + "/echo"}
	switch m {
	case pipelined:
		c.Window = min(256, n, max(4, 4<<20/size))
	case firehose:
		c.URL = fmt.Sprintf("%s/firehose?n=%d&size=%d&kind=%s", ws, n, size, kind)
	case pingpong:
	}
	return c
}

// plan lists the measurements that o asks for.
func plan(o options, ws string) (cells []*cell) {
	for _, m := range modes {
		for _, kind := range kinds {
			for _, size := range o.bytes {
				if wanted(o.only, string(m), kind) {
					cells = append(cells, newCell(m, kind, size, amount(m, size, o.short), ws))
				}
			}
		}
	}
	return cells
}

// wanted reports whether a measurement has each of the words of only, which are separated by commas.
func wanted(only string, words ...string) bool {
	for word := range strings.SplitSeq(only, ",") {
		if word != "" && !slices.Contains(words, word) {
			return false
		}
	}
	return true
}

// checkOnly refuses words that no measurement has.
func checkOnly(only string) error {
	for word := range strings.SplitSeq(only, ",") {
		if word != "" && !slices.Contains(modes, mode(word)) && !slices.Contains(kinds, word) {
			return fmt.Errorf("-only %s: want %s, %s, %s, %s or %s, or two of them with a comma", only, pingpong, pipelined, firehose, kinds[0], kinds[1])
		}
	}
	return nil
}

// parseBytes reads a list of sizes such as 16,128,65536.
func parseBytes(list string) (sizes []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 2 || n > 16<<20 { // "go", by which a firehose begins, must not be taken for one of them
			return nil, fmt.Errorf("-bytes %s: want sizes between 2 and %d with commas between them", list, 16<<20)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
