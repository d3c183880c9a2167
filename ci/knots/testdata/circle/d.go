package circle

func d() int { n := thing{n: b()}; return n.n }
