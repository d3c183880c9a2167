package cluster

import (
	"maps"
	"testing"
	"time"
)

// TestUsage: what Redis says is read and subtracted, and what it does not say is an error.
func TestUsage(t *testing.T) {
	const whole = "# Stats\r\ntotal_net_input_bytes:70\r\ntotal_net_output_bytes:90\r\n# CPU\r\nused_cpu_sys:0.25\r\nused_cpu_user:1.5\r\n" +
		"# Commandstats\r\ncmdstat_hset:calls=7,usec=11,usec_per_call=1.57\r\ncmdstat_client|setinfo:calls=2,usec=1\r\n"
	u, err := parseUsage(whole)
	if err != nil || u.In != 70 || u.Out != 90 || u.CPU != 1750*time.Millisecond {
		t.Errorf("%+v, %v", u, err)
	}
	d := u.Since(Usage{Commands: map[string]int64{"hset": 4, "client|setinfo": 2}, In: 10})
	if want := map[string]int64{"hset": 3}; !maps.Equal(d.Commands, want) || d.In != 60 || d.Work() != 3 || u.Work() != 7 {
		t.Errorf("%+v", d)
	}
	for _, text := range []string{"", "total_net_input_bytes:70\r\n", whole + "cmdstat_x:calls=many\r\n"} {
		if u, err := parseUsage(text); err == nil {
			t.Errorf("%q was read as %+v", text, u)
		}
	}
}
