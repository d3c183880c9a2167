package pcap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/budgettest"
)

// packetsOf returns the packets of so many connections, whose clients send a message of so many bytes.
func packetsOf(t *testing.T, connections, size int) []raw {
	t.Helper()
	talk := &talk{r: rand.New(rand.NewPCG(5, 5)), now: 1e18}
	for n := range connections {
		c := talk.connect(uint32(n+1), fmt.Sprintf("198.51.100.7:%d", 40_000+n), false)
		c.send(record.Out, frame.Header{Fin: true, Opcode: frame.Binary}, make([]byte, size))
	}
	return unpack(t, pcapng(t, talk.list, 1000))
}

// TestReadersOfPacketsShareABudget proves that what waits in readers of packets, and the connections themselves, take no more than the budget of
// the process, that the reader says that something was given up, and that all is returned at the end.
func TestReadersOfPacketsShareABudget(t *testing.T) {
	begins := frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Length: 50_000})[:4]
	for name, c := range map[string]struct {
		packets []raw
		want    string
	}{
		"segments behind a hole": {slices.DeleteFunc(packetsOf(t, 20, 50_000), func(p raw) bool { return bytes.Contains(p.data, begins) }), "memory"},
		"connections":            {packetsOf(t, 500, 1), errStreamMemory.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			budgettest.Returned(t, budget.Packets)
			const limit = 512 << 10
			refused := budget.Packets.Refused()
			t.Cleanup(budget.Packets.SetLimit(limit))
			var said []string
			most := int64(0)
			err := Read(bytes.NewReader(pcap(t, c.packets)), record.Visitor{
				Record:  func(*record.Record) error { most = max(most, budget.Packets.Used()); return nil },
				Damage:  func(d *record.Damage) { said = append(said, d.Err.Error()) },
				Omitted: func(o *record.Omission) { said = append(said, o.Reason) },
			})
			if err != nil || !slices.Contains(said, c.want) || budget.Packets.Refused() == refused {
				t.Errorf("%v, said %q; %d refusals", err, said, budget.Packets.Refused()-refused)
			}
			if budget.Packets.Used() != 0 || most > limit || most < limit/2 {
				t.Errorf("%d bytes are not returned; at most %d were taken", budget.Packets.Used(), most)
			}
		})
	}
}

// TestSecretsShareABudget proves that secrets of a key log count, and that those without room are counted as passed over.
func TestSecretsShareABudget(t *testing.T) {
	budgettest.Returned(t, budget.Packets)
	t.Cleanup(budget.Packets.SetLimit(64 << 10))
	log := NewKeyLog(nil)
	for n := range 1000 {
		log.Add(fmt.Sprintf("CLIENT_RANDOM %064x %096x", n, n))
	}
	if s := log.Stats(); s.Secrets < 50 || s.Full < 800 || s.Secrets+s.Full != 1000 {
		t.Errorf("%+v", s)
	}
}
