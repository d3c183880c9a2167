package sim

import "time"

// Measured are the costs that `go run ./internal/bench/scale` measured on a machine with two cores; docs/scaling.md has the conditions.
// Commands follow from the code, and TestTheModelCountsWhatRedisDoes compares them with Redis' own statistics.
var Measured = Costs{
	Memory: 27 << 10, Handshake: 780 * time.Microsecond, Delivery: 13 * time.Microsecond,
	Client:  Use{In: 159, Out: 176, CPU: 3 * time.Microsecond},
	Batch:   Use{Commands: 5, In: 283, CPU: 117 * time.Microsecond},
	Leave:   Use{In: 80, Out: 88, CPU: 1500 * time.Nanosecond},
	Leaving: Use{Commands: 2, In: 86, CPU: 114 * time.Microsecond},
	Beat:    Use{Commands: 4, In: 577, Out: 1118, CPU: 117 * time.Microsecond},
	Return:  Use{Commands: 7, In: 1099, Out: 2112, CPU: 640 * time.Microsecond},
	Message: Use{Commands: 9, In: 574, Out: 377, CPU: 224 * time.Microsecond},
	Receive: Use{Out: 377},
}
