package chrome

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// modifiers are CDP's bits for the keys that are held.
var modifiers = map[string]int{"alt": 1, "ctrl": 2, "meta": 4, "shift": 8}

// keyCodes are the Windows virtual key codes of the named keys: without one Chromium does not act on the key.
var keyCodes = map[string]int{
	"Backspace": 8, "Tab": 9, "Enter": 13, "Escape": 27, "Space": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
	"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Delete": 46,
	"F1": 112, "F2": 113, "F3": 114, "F4": 115, "F5": 116, "F6": 117, "F7": 118, "F8": 119, "F9": 120, "F10": 121, "F11": 122,
	"F12": 123,
}

// Press presses and releases one key: a character ("j", "?"), or a name as in KeyboardEvent.key ("ArrowDown", "Enter",
// "Space"), after any of "ctrl+", "shift+", "alt+", "meta+".
func (p *Page) Press(ctx context.Context, key string) error {
	params, err := keyEvent(key)
	if err != nil {
		return err
	}
	params["type"] = "keyDown"
	if err := p.Call(ctx, "Input.dispatchKeyEvent", params, nil); err != nil {
		return err
	}
	delete(params, "text")
	params["type"] = "keyUp"
	return p.Call(ctx, "Input.dispatchKeyEvent", params, nil)
}

func keyEvent(key string) (args, error) {
	held, name := 0, key
	for {
		prefix, rest, found := strings.Cut(name, "+")
		bit := modifiers[prefix]
		if !found || bit == 0 || rest == "" {
			break
		}
		held, name = held|bit, rest
	}
	params := args{"modifiers": held, "key": name, "code": name}
	switch code, named := keyCodes[name]; {
	case named:
		params["windowsVirtualKeyCode"] = code
		if name == "Space" {
			params["key"], params["text"] = " ", " "
		}
		if name == "Enter" {
			params["text"] = "\r"
		}
	case utf8.RuneCountInString(name) == 1:
		letter := strings.ToUpper(name)
		params["windowsVirtualKeyCode"] = int(letter[0])
		params["code"] = "Key" + letter
		if held&^modifiers["shift"] == 0 { // with ctrl, alt or meta a key types nothing
			params["text"] = name
		}
	default:
		return nil, fmt.Errorf("press %q: not a character and not a known key name", key)
	}
	return params, nil
}

// Type inserts text into the focused element, as an input method would: no key events.
func (p *Page) Type(ctx context.Context, text string) error {
	return p.Call(ctx, "Input.insertText", args{"text": text}, nil)
}

// Click scrolls the first element that matches the CSS selector into view and clicks on its centre.
func (p *Page) Click(ctx context.Context, selector string) error {
	var at struct{ X, Y float64 }
	err := p.Eval(ctx, `(() => {
		const e = document.querySelector(`+strconv.Quote(selector)+`);
		if (!e) throw new Error("no element matches");
		e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
		const r = e.getBoundingClientRect();
		if (r.width === 0 || r.height === 0) throw new Error("the element is not visible");
		return {X: r.left + r.width / 2, Y: r.top + r.height / 2};
	})()`, &at)
	if err != nil {
		return fmt.Errorf("click %s: %w", selector, err)
	}
	return p.ClickAt(ctx, at.X, at.Y)
}

// ClickAt clicks with the left button at a point of the viewport, in CSS pixels.
func (p *Page) ClickAt(ctx context.Context, x, y float64) error {
	for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
		params := args{"type": kind, "x": x, "y": y}
		if kind != "mouseMoved" {
			params["button"], params["clickCount"] = "left", 1
		}
		if err := p.Call(ctx, "Input.dispatchMouseEvent", params, nil); err != nil {
			return err
		}
	}
	return nil
}

// Wheel turns the mouse wheel at a point of the viewport. All in CSS pixels; a positive dy scrolls down.
func (p *Page) Wheel(ctx context.Context, x, y, dx, dy float64) error {
	return p.Call(ctx, "Input.dispatchMouseEvent",
		args{"type": "mouseWheel", "x": x, "y": y, "deltaX": dx, "deltaY": dy}, nil)
}
