package main

import (
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("graph: ")
	imports, err := load(".")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(drawing(imports, floors))
	broken := violations(imports, floors)
	for _, v := range broken {
		log.Print(v)
	}
	if len(broken) > 0 {
		os.Exit(1)
	}
}
