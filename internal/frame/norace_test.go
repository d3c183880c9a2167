//go:build !race

package frame

const underRace = false
