package bad

type Bad struct {
	Good string
	Ch   chan int
}
