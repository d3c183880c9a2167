package main

import (
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("waits: ")
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	found, err := search(dir)
	if err != nil {
		log.Fatal(err)
	}
	left, unused := sift(found, allowed)
	for _, w := range left {
		fmt.Println(w)
	}
	for _, u := range unused {
		fmt.Println(u)
	}
	if len(left)+len(unused) > 0 {
		os.Exit(1)
	}
}
