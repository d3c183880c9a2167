package suggest

import "strings"

// Closest returns the candidate that text is most likely a misspelling of, "" when none is near.
func Closest(text string, candidates []string) string {
	best, limit := "", len(text)/3+1
	for _, c := range candidates {
		if len(text) >= 2 && len(c) >= 2 && (strings.HasPrefix(c, text) || strings.HasPrefix(text, c)) {
			return c
		}
		if d := distance(text, c); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// distance returns how many bytes must be put in, left out, changed or swapped with their neighbour to make b of a.
func distance(a, b string) int {
	if len(a) > 32 || len(b) > 32 {
		return 64
	}
	var rows [3][33]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, twoAbove := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := above[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoAbove[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
