package circle

func b() int {
	if len(x) > 3 {
		return a()
	}
	return 0
}

const x = "x"
