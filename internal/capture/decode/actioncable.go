package decode

import "strings"

// actionCable reads the channels of Ruby on Rails. What a channel is called stands in a text of JSON inside the JSON.
type actionCable struct{}

func (actionCable) Name() string { return "Action Cable" }

func (actionCable) Guess(in *Input) Confidence {
	o, ok := objectAt(in.Payload)
	switch {
	case !ok:
		return No
	case strings.HasPrefix(in.Subprotocol, "actioncable-"):
		return Sure
	case strings.HasPrefix(o.get("identifier").plain(), `{"channel":`):
		return Likely
	}
	return No
}

func (actionCable) decode(in *Input, t *tree) error {
	o, _ := objectAt(in.Payload)
	identifier := o.get("identifier").plain()
	what := o.get("type").plain()
	t.pair = Pair{Response, identifier}
	switch command := o.get("command").plain(); {
	case command != "":
		what = command
		if t.pair.Role = None; command == "subscribe" {
			t.pair.Role = Request
		}
	case what != "confirm_subscription" && what != "reject_subscription":
		t.pair = Pair{}
	}
	if what == "" {
		what = "message"
	}
	channel, _ := objectAt([]byte(identifier))
	t.summary = with(what, "channel", channel.get("channel").plain())
	err := t.jsonDocument(in.Payload, o.at, "")
	for _, name := range [...]string{"identifier", "data"} {
		if inner := []byte(o.get(name).plain()); len(inner) > 0 && inner[0] == '{' && len(inner) < maxValue {
			t.within(func() { _, _ = t.json(inner, 0, 0, name+" says") })
		}
	}
	return err
}

// within writes lines of bytes that are not the payload's own. What is wrong in them is no mistake of the payload.
func (t *tree) within(write func()) {
	was := t.inside
	t.inside = true
	write()
	t.inside = was
}
