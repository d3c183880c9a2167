package fault

// Limits of a frame that is collected, of a shaper and of its timed rules.
const (
	MaxMessage = maxBytes // bytes of a compressed message, inflated, that rules may change

	MaxFrame = uint64(maxFrame) // payload bytes of a frame that is collected; a longer one is passed on as it comes

	maxFrame  = 1 << 20
	maxSteps  = 4096
	maxBytes  = 8 << 20
	maxMissed = 10 // how often a rule that was due several times applies at once
)
