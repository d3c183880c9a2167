package cluster

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Usage is what a Redis has done since it started.
type Usage struct {
	Commands map[string]int64 // calls by name, those of scripts among them
	In, Out  int64            // bytes that it received and sent
	CPU      time.Duration
}

// Usage asks Redis. The question itself counts as the command info, and a few bytes.
func (r *Redis) Usage(ctx context.Context) (Usage, error) {
	o, err := redis.ParseURL(r.URL())
	if err != nil {
		return Usage{}, err
	}
	client := redis.NewClient(o)
	defer func() { _ = client.Close() }() // the answer is there
	text, err := client.Info(ctx, "commandstats", "stats", "cpu").Result()
	if err != nil {
		return Usage{}, err
	}
	return parseUsage(text)
}

// parseUsage reads the answer to INFO.
func parseUsage(text string) (Usage, error) {
	u, numbers := Usage{Commands: map[string]int64{}}, map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		command, counted := strings.CutPrefix(name, "cmdstat_")
		if counted {
			_, value, _ = strings.Cut(value, "calls=")
			value, _, _ = strings.Cut(value, ",")
		}
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case counted && err != nil:
			return u, fmt.Errorf("redis: INFO: %q", line)
		case counted:
			u.Commands[command] = int64(n)
		case err == nil:
			numbers[name] = n
		}
	}
	for _, name := range []string{"total_net_input_bytes", "total_net_output_bytes", "used_cpu_user", "used_cpu_sys"} {
		if _, found := numbers[name]; !found {
			return u, fmt.Errorf("redis: INFO has no %s", name)
		}
	}
	u.In, u.Out = int64(numbers["total_net_input_bytes"]), int64(numbers["total_net_output_bytes"])
	u.CPU = time.Duration((numbers["used_cpu_user"] + numbers["used_cpu_sys"]) * float64(time.Second))
	return u, nil
}

// Since returns what was done between before and u.
func (u Usage) Since(before Usage) Usage {
	d := Usage{Commands: map[string]int64{}, In: u.In - before.In, Out: u.Out - before.Out, CPU: u.CPU - before.CPU}
	for name, n := range u.Commands {
		if n -= before.Commands[name]; n != 0 {
			d.Commands[name] = n
		}
	}
	return d
}

// watching are commands of those who look at a Redis, and of new connections.
var watching = []string{"info", "hello", "auth", "client|setinfo", "client|setname", "client|kill", "select", "ping"}

// Work returns how many commands there were but those of monitoring and of new connections.
func (u Usage) Work() (sum int64) {
	for _, n := range u.Commands {
		sum += n
	}
	for _, name := range watching {
		sum -= u.Commands[name]
	}
	return sum
}
