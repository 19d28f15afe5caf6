// SPDX-License-Identifier: Apache-2.0

package litmustest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/litmus"
)

// Holds says whether the proposition of the test's condition is true in a state.
func (t *Test) Holds(s litmus.State) (bool, error) {
	values, err := Values(s)
	if err != nil {
		return false, err
	}
	for _, term := range t.Condition.Terms {
		if _, ok := values[term]; !ok {
			return false, fmt.Errorf("the state %q does not give %s", s, term)
		}
	}
	return t.proposition.holds(values), nil
}

type node interface {
	holds(values map[string]uint64) bool
	terms(to []string) []string
}

type (
	atom struct {
		term  string
		value uint64
	}
	constant bool
	not      struct{ of node }
	both     struct{ left, right node }
	either   struct{ left, right node }
)

func (a atom) holds(v map[string]uint64) bool   { return v[a.term] == a.value }
func (c constant) holds(map[string]uint64) bool { return bool(c) }
func (n not) holds(v map[string]uint64) bool    { return !n.of.holds(v) }
func (b both) holds(v map[string]uint64) bool   { return b.left.holds(v) && b.right.holds(v) }
func (e either) holds(v map[string]uint64) bool { return e.left.holds(v) || e.right.holds(v) }

func (a atom) terms(to []string) []string     { return append(to, a.term) }
func (c constant) terms(to []string) []string { return to }
func (n not) terms(to []string) []string      { return n.of.terms(to) }
func (b both) terms(to []string) []string     { return b.right.terms(b.left.terms(to)) }
func (e either) terms(to []string) []string   { return e.right.terms(e.left.terms(to)) }

// parseCondition reads "exists (...)" and its kin.
func (t *Test) parseCondition(text string) error {
	text = strings.TrimSpace(text)
	for _, q := range []string{"~exists", "exists", "forall"} {
		rest, ok := strings.CutPrefix(text, q)
		if !ok {
			continue
		}
		rest = strings.Join(strings.Fields(rest), " ") // whatever separates words: so it is said again, and read again
		p := parser{rest: rest, left: maxCondition}
		root, err := p.either()
		if err == nil && p.space() != "" {
			err = fmt.Errorf("%q is left over", brief(p.rest))
		}
		if err != nil {
			return fmt.Errorf("condition %q: %w", brief(text), err)
		}
		terms := root.terms(nil)
		slices.Sort(terms)
		t.Condition = litmus.Condition{Text: q + " " + rest, Terms: slices.Compact(terms)}
		t.proposition = root
		return nil
	}
	return fmt.Errorf("condition %q: neither exists, ~exists nor forall", brief(text))
}

// maxCondition bounds a condition, which is parsed and looked at by recursion.
const maxCondition = 10_000

// brief is a text for a message.
func brief(text string) string {
	if len(text) > 120 {
		return text[:120] + "..."
	}
	return text
}

type parser struct {
	rest string
	left int // of maxCondition
}

func (p *parser) space() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	return p.rest
}

func (p *parser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.space(), token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) either() (node, error) {
	left, err := p.both()
	for err == nil && p.take(`\/`) {
		var right node
		right, err = p.both()
		left = either{left, right}
	}
	return left, err
}

func (p *parser) both() (node, error) {
	left, err := p.single()
	for err == nil && p.take(`/\`) {
		var right node
		right, err = p.single()
		left = both{left, right}
	}
	return left, err
}

func (p *parser) single() (node, error) {
	p.left--
	switch {
	case p.left < 0:
		return nil, fmt.Errorf("more than %d terms and brackets", maxCondition)
	case p.take("not"), p.take("~"):
		of, err := p.single()
		return not{of}, err
	case p.take("("):
		of, err := p.either()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("no ) before %q", brief(p.rest))
		}
		return of, err
	case p.take("true"):
		return constant(true), nil
	case p.take("false"):
		return constant(false), nil
	}
	end := strings.IndexAny(p.rest, `()/\~ `)
	if end < 0 {
		end = len(p.rest)
	}
	text := p.rest[:end]
	p.rest = p.rest[end:]
	term, value, err := assignment(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no term=value", brief(text))
	}
	number, err := strconv.ParseUint(value, 10, 64)
	return atom{term, number}, err
}
