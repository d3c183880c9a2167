// Command shot takes a screenshot of a page in a real headless Chromium, and prints the page's console.
//
//	go run ./internal/test/chrome/shot -url http://127.0.0.1:7316/ -out console.png -w 1280 -h 800 -dark
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

type options struct {
	url, out, wait, eval string
	width, height        int
	dark                 bool
	timeout              time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.url, "url", "", "page to load (required)")
	flag.StringVar(&o.out, "out", "shot.png", "PNG to write")
	flag.IntVar(&o.width, "w", 1280, "viewport `width` in CSS pixels")
	flag.IntVar(&o.height, "h", 800, "viewport `height` in CSS pixels")
	flag.BoolVar(&o.dark, "dark", false, "prefer the dark colour scheme")
	flag.StringVar(&o.eval, "eval", "", "JavaScript `expression` to evaluate, and await, after loading; its value is printed")
	flag.StringVar(&o.wait, "wait", "", "JavaScript `expression` that must become truthy before the picture is taken")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Second, "limit for everything")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "shot:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if o.url == "" {
		return fmt.Errorf("-url is required")
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	b, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := b.Page(ctx, "")
	if err != nil {
		return err
	}
	defer printSaid(p)
	if err := p.SetViewport(ctx, o.width, o.height); err != nil {
		return err
	}
	if err := p.SetDark(ctx, o.dark); err != nil {
		return err
	}
	if err := p.Navigate(ctx, o.url); err != nil {
		return err
	}
	if err := act(ctx, p, o); err != nil {
		return err
	}
	_, err = p.Screenshot(ctx, o.out, o.width, o.height, o.dark)
	return err
}

// act does what the page shall be asked before its picture is taken.
func act(ctx context.Context, p *chrome.Page, o options) error {
	if o.eval != "" {
		var v any
		if err := p.Eval(ctx, o.eval, &v); err != nil {
			return err
		}
		if v != nil {
			fmt.Println(v)
		}
	}
	if o.wait != "" {
		return p.WaitFor(ctx, o.wait)
	}
	return nil
}

func printSaid(p *chrome.Page) {
	for _, line := range p.Console() {
		fmt.Fprintln(os.Stderr, "console", line)
	}
	for _, line := range p.Exceptions() {
		fmt.Fprintln(os.Stderr, "uncaught", line)
	}
}
