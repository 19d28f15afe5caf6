// SPDX-License-Identifier: Apache-2.0

package kbuild

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"kcovrig/guest/wire"
)

// The parts of Kconfig's language that are read here (Documentation/kbuild/kconfig-language.rst).
// What is not indented is no help text.
var (
	// SymbolLine begins the entry of a configuration symbol, which it names.
	SymbolLine = regexp.MustCompile(`^\s*(?:menu)?config\s+([A-Za-z0-9_]+)\s*$`)
	dependsOn  = regexp.MustCompile(`^\s+depends on\s+(.+)$`)
	ifLine     = regexp.MustCompile(`^if\s+(.+)$`)
	blockBegin = regexp.MustCompile(`^(?:menu|choice)\b`)
	blockEnd   = regexp.MustCompile(`^(?:endif|endmenu|endchoice)\b`)
	newEntry   = regexp.MustCompile(`^\s*(?:menuconfig|config|menu|endmenu|choice|endchoice|comment|source|if|endif)\b`)
	comparison = regexp.MustCompile(`^([A-Za-z0-9_]+)\s*(!?=)\s*([ymn])$`)
	word       = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	symbolIn   = regexp.MustCompile(`"[^"]*"|\$\([^)]*\)|\b[A-Z0-9_]*[A-Z][A-Z0-9_]*\b`)
)

// Conditions are what the entry of a symbol in a Kconfig file depends on, and what the
// blocks around it do: all of them have to hold.
func Conditions(text, symbol string) (all []string, found bool) {
	return conditionsOf(text, func(line string) bool {
		m := SymbolLine.FindStringSubmatch(line)
		return m != nil && m[1] == symbol
	})
}

func conditionsOf(text string, is func(line string) bool) (all []string, found bool) {
	var blocks [][]string // of each block around the line at hand
	var of *[]string      // whose "depends on" may follow; nil: another entry's
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		line, _, _ = strings.Cut(line, "#")
		switch {
		case is(line):
			if !found {
				all = append(all, slices.Concat(blocks...)...)
			}
			found, of = true, &all
		case dependsOn.MatchString(line):
			if of != nil {
				*of = append(*of, dependsOn.FindStringSubmatch(line)[1])
			}
		case ifLine.MatchString(line):
			blocks, of = append(blocks, []string{ifLine.FindStringSubmatch(line)[1]}), nil
		case blockBegin.MatchString(line):
			blocks = append(blocks, nil)
			of = &blocks[len(blocks)-1]
		case blockEnd.MatchString(line):
			blocks, of = blocks[:max(len(blocks)-1, 0)], nil
		case newEntry.MatchString(line):
			of = nil
		}
	}
	var parts []string
	for _, c := range all {
		if alternatives := split(c, "||"); len(alternatives) > 1 {
			parts = append(parts, strings.TrimSpace(c))
			continue
		}
		parts = append(parts, split(c, "&&")...)
	}
	return parts, found
}

// split parts an expression at an operator outside of parentheses.
func split(expression, operator string) (parts []string) {
	depth, from := 0, 0
	for i, r := range expression {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth == 0 && i >= from && strings.HasPrefix(expression[i:], operator):
			parts, from = append(parts, strings.TrimSpace(expression[from:i])), i+len(operator)
		}
	}
	return append(parts, strings.TrimSpace(expression[from:]))
}

// Settings are those of a .config that are not n.
func Settings(dotConfig string) map[string]string {
	set := map[string]string{}
	for line := range strings.Lines(dotConfig) {
		if name, value, ok := ConfigLine(strings.TrimRight(line, "\n")); ok && value != "n" {
			set[name] = value
		}
	}
	return set
}

// deepest bounds how many files lead to one.
const deepest = 12

// Unmet is what a symbol of a Kconfig file depends on that a configuration does not meet,
// or does not surely, each part with the values of its symbols. read returns a file of the
// tree.
func Unmet(symbol, file string, set map[string]string, read func(string) (string, error)) (unmet []string) {
	text, err := read(file)
	if err != nil {
		return nil
	}
	all, _ := Conditions(text, symbol)
	for range deepest {
		above, more := sourcedBy(file, read)
		if above == "" {
			break
		}
		all, file = append(all, more...), above
	}
	for _, c := range all {
		if met(c, set) == yes {
			continue
		}
		c = wire.Clean(c, longest)
		if values := valuesIn(c, set); values != "" {
			c += " (" + values + ")"
		}
		if !slices.Contains(unmet, c) {
			unmet = append(unmet, c)
		}
	}
	return unmet
}

// sourcedBy is the Kconfig file beside a file or in a folder above that reads it, and what
// that depends on there; empty: none was found.
func sourcedBy(file string, read func(string) (string, error)) (above string, conditions []string) {
	source := regexp.MustCompile(`^\s*source\s+"?` + regexp.QuoteMeta(file) + `"?\s*$`)
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		above = path.Join(dir, "Kconfig")
		if text, err := read(above); err == nil && above != file {
			if conditions, found := conditionsOf(text, source.MatchString); found {
				return above, conditions
			}
		}
		if dir == "." || dir == "/" {
			return "", nil
		}
	}
}

// valuesIn tells the symbols of an expression with their values.
func valuesIn(expression string, set map[string]string) string {
	var values []string
	for _, name := range symbolIn.FindAllString(expression, -1) {
		if !word.MatchString(name) { // a text, or what a program says
			continue
		}
		value := set["CONFIG_"+name]
		if value == "" {
			value = "n"
		}
		if said := name + "=" + value; !slices.Contains(values, said) {
			values = append(values, said)
		}
	}
	return strings.Join(values, ", ")
}

// truth is whether an expression holds. The zero value: it is not known here.
type truth int

const (
	no  truth = -1
	yes truth = 1
)

// longest bounds the expressions that are looked into.
const longest = 2000

// met says whether a configuration meets an expression. What is m, a text or a macro is
// not judged.
func met(expression string, set map[string]string) truth {
	if len(expression) > longest {
		return 0
	}
	if parts := split(expression, "||"); len(parts) > 1 {
		return -allMet(parts, -1, set)
	}
	if parts := split(expression, "&&"); len(parts) > 1 {
		return allMet(parts, 1, set)
	}
	expression = strings.TrimSpace(expression)
	if inner, ok := strings.CutPrefix(expression, "!"); ok {
		return -met(inner, set)
	}
	if inner, ok := strings.CutPrefix(expression, "("); ok && strings.HasSuffix(inner, ")") {
		return met(strings.TrimSuffix(inner, ")"), set)
	}
	if m := comparison.FindStringSubmatch(expression); m != nil {
		value := set["CONFIG_"+m[1]]
		if (value == m[3] || value == "" && m[3] == "n") == (m[2] == "=") {
			return yes
		}
		return no
	}
	if !word.MatchString(expression) {
		return 0
	}
	switch value := set["CONFIG_"+expression]; {
	case expression == "y", value == "y":
		return yes
	case expression == "m", value != "":
		return 0
	}
	return no
}

// allMet says whether all parts are as sign says: one that is not decides.
func allMet(parts []string, sign truth, set map[string]string) truth {
	all := yes
	for _, p := range parts {
		switch sign * met(p, set) {
		case no:
			return no
		case 0:
			all = 0
		}
	}
	return all
}
