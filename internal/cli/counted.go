package cli

import "strconv"

// counted returns a number with its noun: "1 frame", "2 frames".
func counted[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatUint(uint64(n), 10) + " " + noun + "s"
}
