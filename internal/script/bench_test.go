package script

import "testing"

// BenchmarkMessage measures what a script costs each message, the way to its worker and back included: one that looks at the message and passes it,
// and one that changes a value in 1 KiB of JSON.
func BenchmarkMessage(b *testing.B) {
	pad := make([]byte, 1000)
	for i := range pad {
		pad[i] = 'x'
	}
	for name, source := range map[string]string{
		"pass":   "def message(m):\n    if m.data == \"stop\":\n        return drop\n",
		"change": "def message(m):\n    x = json.decode(m.text)\n    x[\"price\"] = x[\"price\"] * 2\n    return json.encode(x)\n",
	} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(b.Context(), Options{File: written(b, source)})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			m := text(`{"price":21,"pad":"` + string(pad) + `"}`)
			b.SetBytes(int64(len(m.Payload)))
			for b.Loop() {
				if _, err := s.Message(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
