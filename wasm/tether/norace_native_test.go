//go:build !js && !race

package tether

const underRace = false
