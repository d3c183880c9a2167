package chrome

import (
	"context"
	"fmt"
	"os"
)

// SetViewport sets the size of the page's viewport in CSS pixels.
func (p *Page) SetViewport(ctx context.Context, width, height int) error {
	return p.Call(ctx, "Emulation.setDeviceMetricsOverride",
		args{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// SetDark makes the page prefer the dark colour scheme, or the light one.
func (p *Page) SetDark(ctx context.Context, dark bool) error {
	return p.setMedia(ctx, "prefers-color-scheme", dark, "dark", "light")
}

// SetReducedMotion makes the page prefer reduced motion, or not.
func (p *Page) SetReducedMotion(ctx context.Context, reduced bool) error {
	return p.setMedia(ctx, "prefers-reduced-motion", reduced, "reduce", "no-preference")
}

// SetForcedColors makes the page be drawn in the few colours of a person's own choice, or not.
func (p *Page) SetForcedColors(ctx context.Context, forced bool) error {
	return p.setMedia(ctx, "forced-colors", forced, "active", "none")
}

// setMedia sets one feature and leaves the others as they were set before.
func (p *Page) setMedia(ctx context.Context, feature string, on bool, yes, no string) error {
	p.mu.Lock()
	if p.media == nil {
		p.media = map[string]string{}
	}
	p.media[feature] = no
	if on {
		p.media[feature] = yes
	}
	list := make([]args, 0, len(p.media))
	for name, value := range p.media {
		list = append(list, args{"name": name, "value": value})
	}
	p.mu.Unlock()
	return p.Call(ctx, "Emulation.setEmulatedMedia", args{"features": list}, nil)
}

// Hover moves the mouse to a point of the viewport, in CSS pixels.
func (p *Page) Hover(ctx context.Context, x, y float64) error {
	return p.Call(ctx, "Input.dispatchMouseEvent", args{"type": "mouseMoved", "x": x, "y": y}, nil)
}

// SetOffline cuts the page off from the network, or connects it again: navigator.onLine changes and its event fires.
// It turns CDP's Network domain on.
func (p *Page) SetOffline(ctx context.Context, offline bool) error {
	if err := p.Call(ctx, "Network.enable", nil, nil); err != nil {
		return err
	}
	return p.Call(ctx, "Network.emulateNetworkConditions",
		args{"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}, nil)
}

// Screenshot writes a PNG of the viewport, set to width × height CSS pixels and to the dark or the light colour
// scheme, to path. An empty path writes no file. It returns the PNG.
func (p *Page) Screenshot(ctx context.Context, path string, width, height int, dark bool) ([]byte, error) {
	if err := p.SetViewport(ctx, width, height); err != nil {
		return nil, err
	}
	if err := p.SetDark(ctx, dark); err != nil {
		return nil, err
	}
	// Two frames: the first lays out with the new size, the second shows what reacted to it.
	err := p.Eval(ctx, "new Promise(f => requestAnimationFrame(() => requestAnimationFrame(() => f())))", nil)
	if err != nil {
		return nil, err
	}
	var reply struct{ Data []byte } // base64 in JSON
	if err := p.Call(ctx, "Page.captureScreenshot", args{"format": "png"}, &reply); err != nil {
		return nil, err
	}
	if path == "" {
		return reply.Data, nil
	}
	if err := os.WriteFile(path, reply.Data, 0o644); err != nil {
		return nil, fmt.Errorf("screenshot: %w", err)
	}
	return reply.Data, nil
}
