package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// profiled runs do and writes where the page's main thread spent its time to a file, unless its name is empty.
func profiled(ctx context.Context, p *chrome.Page, file string, do func() error) error {
	if file == "" {
		return do()
	}
	for _, method := range []string{"Profiler.enable", "Profiler.start"} {
		if err := p.Call(ctx, method, nil, nil); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	var got struct {
		Profile json.RawMessage `json:"profile"`
	}
	if err := p.Call(ctx, "Profiler.stop", nil, &got); err != nil {
		return err
	}
	return os.WriteFile(file, got.Profile, 0o600)
}
