package manual

import (
	"fmt"
	"io"
	"strings"
)

// Shells are the names that [Program.Completion] knows.
func Shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// Completion writes a script that teaches a shell the program's commands and flags. Where a value or an argument is
// expected the shell completes file names.
func (p *Program) Completion(w io.Writer, shell string) error {
	write := map[string]func(*script, *Program){"bash": bash, "zsh": zsh, "fish": fish, "powershell": powershell}[shell]
	if write == nil {
		return fmt.Errorf("there is no completion for %q: want one of %s", shell, strings.Join(Shells(), ", "))
	}
	var s script
	write(&s, p)
	_, err := io.WriteString(w, s.String())
	return err
}

// script is a text that grows by lines.
type script struct{ strings.Builder }

// line writes a line. A string builder takes everything.
func (s *script) line(format string, args ...any) { _, _ = fmt.Fprintf(s, format+"\n", args...) }

// each calls f for the commands that have a name.
func (p *Program) each(f func(c *Command)) {
	for i := range p.Commands {
		if p.Commands[i].Name != "" {
			f(&p.Commands[i])
		}
	}
}

func (p *Program) names() (all []string) {
	p.each(func(c *Command) { all = append(all, c.Name) })
	return all
}

func (c *Command) dashed() (all []string) {
	for _, f := range c.Flags {
		all = append(all, "-"+f.Name)
	}
	return append(all, "-help")
}

// label is the pattern of a case of the scripts: anything else is the program without a command.
func (c *Command) label() string {
	if c.Name == "" {
		return "*"
	}
	return c.Name
}

// inOrder calls f for all commands, that without a name last: its pattern matches everything.
func (p *Program) inOrder(f func(c *Command)) {
	p.each(f)
	for i := range p.Commands {
		if p.Commands[i].Name == "" {
			f(&p.Commands[i])
		}
	}
}

func bash(s *script, p *Program) {
	s.line("# bash completion of %s: source <(%[1]s completion bash)", p.Name)
	s.line("_%s() {", p.Name)
	s.line("  local word=${COMP_WORDS[COMP_CWORD]} words=''")
	s.line("  COMPREPLY=()")
	s.line("  if [[ $word == -* ]]; then")
	s.line("    case ${COMP_WORDS[1]} in")
	p.inOrder(func(c *Command) { s.line("      %s) words='%s' ;;", c.label(), strings.Join(c.dashed(), " ")) })
	s.line("    esac")
	s.line("  elif (( COMP_CWORD == 1 )); then")
	s.line("    words='%s'", strings.Join(p.names(), " "))
	s.line("  elif (( COMP_CWORD == 2 )); then")
	s.line("    case ${COMP_WORDS[1]} in")
	s.line("      help | man) words='%s' ;;", strings.Join(p.names(), " "))
	s.line("      completion) words='%s' ;;", strings.Join(Shells(), " "))
	s.line("    esac")
	s.line("  fi")
	s.line(`  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")`)
	s.line("}")
	s.line("complete -o default -F _%s %[1]s", p.Name)
}

func zsh(s *script, p *Program) {
	s.line("#compdef %s", p.Name)
	s.line("_%s() {", p.Name)
	s.line("  local -a found")
	s.line("  if [[ $words[CURRENT] == -* ]]; then")
	s.line("    case $words[2] in")
	p.inOrder(func(c *Command) {
		s.line("      %s) found=(", c.label())
		for _, f := range c.Flags {
			s.line("        %s", single("-"+f.Name+":"+f.Usage))
		}
		s.line("      ) ;;")
	})
	s.line("    esac")
	s.line("    _describe -o flag found")
	s.line("  elif (( CURRENT == 2 )); then")
	s.line("    found=(")
	p.each(func(c *Command) { s.line("      %s", single(c.Name+":"+c.Summary)) })
	s.line("    )")
	s.line("    _describe command found")
	s.line("  else")
	s.line("    _files")
	s.line("  fi")
	s.line("}")
	s.line("if [[ $funcstack[1] == _%s ]]; then _%[1]s; else compdef _%[1]s %[1]s; fi # by autoload from fpath, or sourced", p.Name)
}

// single quotes text for a POSIX shell.
func single(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func fish(s *script, p *Program) {
	quote := func(text string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
	}
	s.line("# fish completion of %s: %[1]s completion fish | source", p.Name)
	p.each(func(c *Command) {
		s.line("complete -c %s -n __fish_use_subcommand -a %s -d %s", p.Name, c.Name, quote(c.Summary))
	})
	for i := range p.Commands {
		c := &p.Commands[i]
		when := "__fish_use_subcommand"
		if c.Name != "" {
			when = quote("__fish_seen_subcommand_from " + c.Name)
		}
		for _, f := range c.Flags {
			value := ""
			if f.Value != "" {
				value = " -r"
			}
			s.line("complete -c %s -n %s -o %s%s -d %s", p.Name, when, f.Name, value, quote(f.Usage))
		}
	}
}

func powershell(s *script, p *Program) {
	quoted := func(words []string) string {
		for i, word := range words {
			words[i] = "'" + strings.ReplaceAll(word, "'", "''") + "'"
		}
		return strings.Join(words, ", ")
	}
	s.line("# PowerShell completion of %s: %[1]s completion powershell | Out-String | Invoke-Expression", p.Name)
	s.line("Register-ArgumentCompleter -Native -CommandName %s -ScriptBlock {", p.Name)
	s.line("  param($word, $ast, $position)")
	s.line("  $commands = @(%s)", quoted(p.names()))
	s.line("  $flags = @{")
	for i := range p.Commands {
		s.line("    '%s' = @(%s)", p.Commands[i].Name, quoted(p.Commands[i].dashed()))
	}
	s.line("  }")
	s.line("  $first = if ($ast.CommandElements.Count -gt 1) { \"$($ast.CommandElements[1])\" } else { '' }")
	s.line("  $key = if ($flags.ContainsKey($first)) { $first } else { '' }")
	s.line("  $words = if ($word -like '-*') { $flags[$key] } elseif ($key -eq '' ) { $commands } else { @() }")
	s.line("  $words | Where-Object { $_ -like \"$word*\" } | ForEach-Object {")
	s.line("    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)")
	s.line("  }")
	s.line("}")
}
