package decode

import "testing"

// BenchmarkBrief is what one row of the grid costs.
func BenchmarkBrief(b *testing.B) {
	for name, in := range map[string]Input{
		"GraphQL": {Text: true, Payload: []byte(`{"id":"3","type":"next","payload":{"data":{"price":101.5,"symbol":"BTC","list":[1,2,3,4,5]}}}`)},
		"JSON":    {Text: true, Payload: []byte(`{"type":"trade","p":[1,-2.5e3,true,null],"o":{"a":"b"}}`)},
		"msgpack": {Payload: mustHex("82a7636f6d70616374c3a6736368656d6100")},
		"text":    {Text: true, Payload: []byte("hello, world")},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				Brief(in)
			}
		})
	}
}
