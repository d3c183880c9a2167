package engine

// NewDiagnoser returns the rules that ask for an examination after each number of failures in a row.
func NewDiagnoser(failures int) DiagnoserRules { return &diagnoser{every: failures} }

// diagnoser implements DiagnoserRules.
type diagnoser struct {
	every int
	asked bool // an answer is awaited, and counts
}

func (g *diagnoser) moved() { g.asked = false }

// failed asks for an examination after every so many failures of which nothing is known.
func (g *diagnoser) failed(m *Machine, info CloseInfo, out []Command) []Command {
	if info.Opened || m.target == nil || m.failures%g.every != 0 || g.asked {
		return out
	}
	g.asked = true
	return append(out, Command{Kind: CommandExamine, Target: m.target, Err: m.cause})
}

// diagnosed asks the policy again, with the finding as the error.
func (g *diagnoser) diagnosed(m *Machine, ev *Event, out []Command) []Command {
	if !g.asked {
		return out
	}
	g.asked = false
	out = notify(out, Diagnosed{ev.Finding})
	info := CloseInfo{Code: AbnormalClosure, Err: ev.Finding}
	d := m.config.Decide(info)
	if d.Stop {
		out = m.release(out)
		m.cause = m.config.CloseError(info)
		return m.end(m.config.StopError(d.Rule, m.cause), out)
	}
	if m.state == Waiting && ev.Now+d.After > m.retryAt {
		m.cause = m.config.CloseError(info)
		return m.wait(ev, d.After, m.delay(d, ev.Random), d.Rule, out)
	}
	return out
}
