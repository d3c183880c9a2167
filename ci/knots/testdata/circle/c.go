package circle

func (t thing) method() int { return t.n }
