package sim

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// Use is what something costs Redis.
type Use struct {
	Commands float64
	In, Out  float64 // bytes that Redis receives and sends
	CPU      time.Duration
}

// plus returns u and n times v.
func (u Use) plus(v Use, n float64) Use {
	return Use{u.Commands + n*v.Commands, u.In + n*v.In, u.Out + n*v.Out, u.CPU + time.Duration(n*float64(v.CPU))}
}

// Costs are the constants of the model.
type Costs struct {
	Memory    float64       // bytes of a node for each connection
	Handshake time.Duration // processor time of a node for each client that connects
	Delivery  time.Duration // processor time of a node for each message to each client
	Client    Use           // a client in a batch of those that a node registers
	Batch     Use           // the batch itself
	Leave     Use           // a client in a batch of those that leave
	Leaving   Use           // that batch
	Beat      Use           // a node that renews itself
	Return    Use           // a node that finds Redis again, beside its clients
	Message   Use           // a chat message
	Receive   Use           // a chat message to one more node
}

// Config is what is simulated.
type Config struct {
	Clients, Nodes int
	Zones          int           // nodes are divided among them evenly
	Cores          float64       // of each node
	NodeClients    int           // that a node takes at most
	RTT            time.Duration // between a node and Redis
	Messages       float64       // chat messages per second, each of them to all clients
	ConnectTimeout time.Duration // of a client
	DrainSpread    time.Duration
	Beat           time.Duration  // between two renewals of a node
	Backoff        tether.Backoff // with a MinUptime
	Costs          Costs
	Seed           uint64
}

// Default returns a million clients on a hundred nodes of three zones, with the defaults of the product. Costs are as measured, see
// docs/scaling.md.
func Default() Config {
	return Config{
		Clients: 1_000_000, Nodes: 100, Zones: 3, Cores: 2, NodeClients: 20_000, RTT: time.Millisecond, Messages: 1,
		ConnectTimeout: 15 * time.Second, DrainSpread: 5 * time.Second, Beat: 10 * time.Second,
		Backoff: tether.Backoff{MinUptime: 5 * time.Second}, Costs: Measured, Seed: 1,
	}
}

// Result is what a scenario came to.
type Result struct {
	Lost       int           // connections that ended
	Attempts   int           // to connect
	Failed     int           // of them
	Stopped    int           // clients that do not try again
	Back       time.Duration // from the end of the fault until every client is connected
	Away       Quantiles     // how long clients had no connection
	Busiest    int           // attempts in the busiest 100 ms
	OneNode    int           // of them at one node
	MostOnNode int           // connections of one node at once
	Queue      time.Duration // that the slowest handshake waited for its node
	Registered time.Duration // from the end of the fault until Redis knows every client
	Redis      Use           // in all, from the beginning of the fault until then
	RedisPeak  Use           // the most of each that is asked of it in 100 ms
}

// Quantiles are of a duration over all connections that ended.
type Quantiles struct{ Median, P99, Most time.Duration }
