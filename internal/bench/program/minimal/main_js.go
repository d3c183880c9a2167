// Command minimal is the smallest Go program that touches the page: what every other size is compared with.
package main

import "syscall/js"

func main() {
	js.Global().Get("console").Call("log", "ready")
	select {}
}
