//go:build !js && race

package tether

// underRace makes simulations smaller: the race detector makes them some eight times slower, and they find no races.
const underRace = true
