// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Columns are the code of an AArch64 test, and the text around it as it stands.
type Columns struct {
	Before, After string
	Threads       [][]string // instructions and labels, without empty cells, blanks as one space
}

// ReadColumns reads the code of a test, whose name is not changed by a file's. Comments in
// and behind the code are left out: they may hold what ends a cell or a row.
func ReadColumns(text string) (Columns, error) {
	head, err := ReadHead(text, "")
	if err != nil {
		return Columns{}, err
	}
	rest, err := afterInit(text[len(firstLine.FindString(text)):])
	if err != nil {
		return Columns{}, err
	}
	c := Columns{Before: strings.TrimRight(text[:len(text)-len(rest)], " \t"), Threads: make([][]string, head.Threads)}
	rest = withoutComments(rest)
	for first := true; ; first = false {
		row, after, ended := strings.Cut(rest, ";")
		if cells := strings.Split(row, "|"); !ended || len(cells) != head.Threads {
			break
		} else if !first {
			for i, cell := range cells {
				if cell = strings.Join(strings.Fields(cell), " "); cell != "" {
					c.Threads[i] = append(c.Threads[i], cell)
				}
			}
		}
		rest = after
	}
	c.After = strings.TrimLeft(rest, "\r\n")
	if !strings.Contains(c.After, "exists") && !strings.Contains(c.After, "forall") {
		return Columns{}, fmt.Errorf("test %s: no condition after its code", head.Name)
	}
	return c, nil
}

// Text is the test with its code.
func (c Columns) Text() string {
	t := Test{}
	for _, code := range c.Threads {
		t.Threads = append(t.Threads, Thread{Code: code})
	}
	var b strings.Builder
	b.WriteString(c.Before)
	t.writeCode(&b)
	return b.String() + c.After
}

// Place is where one test orders what another, which is else the same, does not: before an
// instruction of a thread of the other, or, with Form, by another form of that.
type Place struct {
	Thread, Index int
	Form          bool
}

// PlacesOf finds where the ordered test orders by a barrier more, or by an access of another
// form: in one place of a thread, in as many threads as it may be.
func PlacesOf(ordered, other Columns) (found []Place, err error) {
	if len(ordered.Threads) != len(other.Threads) {
		return nil, errors.New("they have not as many threads")
	}
	for n, without := range other.Threads {
		with := ordered.Threads[n]
		if slices.Equal(with, without) {
			continue
		}
		at := 0
		for at < len(with) && at < len(without) && with[at] == without[at] {
			at++
		}
		more := len(with) - len(without)
		if at == len(without) || more < 0 || more > 1 || !slices.Equal(with[at+1:], without[at+1-more:]) {
			return nil, fmt.Errorf("thread P%d differs in more than one instruction", n)
		}
		if more == 1 && !isBarrier(with[at]) || more == 0 && !isFormOf(with[at], without[at]) {
			return nil, fmt.Errorf("thread P%d differs in %q, which is no order alone", n, with[at])
		}
		found = append(found, Place{Thread: n, Index: at, Form: more == 0})
	}
	if len(found) == 0 {
		return nil, errors.New("they do not differ")
	}
	return found, nil
}

func isBarrier(instruction string) bool {
	return startsWith(instruction, "DMB ") || startsWith(instruction, "DSB ")
}

func startsWith(instruction, what string) bool {
	return strings.HasPrefix(strings.ToUpper(instruction), what)
}

// isFormOf says whether an access is another that orders, too.
func isFormOf(ordered, plain string) bool {
	for _, f := range []struct{ ordered, plain string }{{"STLR", "STR"}, {"LDAR", "LDR"}, {"LDAPR", "LDR"}} {
		if startsWith(ordered, f.ordered) && startsWith(plain, f.plain) {
			return ordered[len(f.ordered):] == plain[len(f.plain):]
		}
	}
	return false
}

// At is the instruction at the place.
func (c Columns) At(p Place) string { return c.Threads[p.Thread][p.Index] }

// Access is where a store releases, or a load acquires, in the place of that order: what a
// load orders is behind it, so that in the place of a barrier it is the last load before that; where
// stores alone are before it, the load behind it, since one that acquires comes behind
// any store before it that releases (LDAR and STLR: Arm ARM, barrier-ordered-before).
func (c Columns) Access(p Place, load bool) (Place, error) {
	want := "STR"
	if load {
		want = "LDR"
		for before := p; !p.Form && before.Index > 0; {
			if before.Index--; startsWith(c.At(before), want) {
				return before, nil
			}
		}
	}
	if !startsWith(c.At(p), want) {
		return Place{}, fmt.Errorf("no %s where the order is", want)
	}
	return p, nil
}

// WithBarrier is the test with a barrier in the place of the order: before the instruction
// at it, or behind it where that is a load whose form is the order.
func (c Columns) WithBarrier(p Place, barrier string) Columns {
	if p.Form && startsWith(c.At(p), "LD") {
		p.Index++
	}
	return c.with(p, func(code []string) []string { return slices.Insert(code, p.Index, barrier) })
}

// WithForm is the test with another instruction at the place.
func (c Columns) WithForm(p Place, instruction string) Columns {
	return c.with(p, func(code []string) []string {
		code[p.Index] = instruction
		return code
	})
}

// WithThreadsOf is the test with the code of another in all threads but that of the place.
func (c Columns) WithThreadsOf(other Columns, but Place) Columns {
	own := c.Threads[but.Thread]
	c.Threads = slices.Clone(other.Threads)
	c.Threads[but.Thread] = own
	return c
}

func (c Columns) with(p Place, change func([]string) []string) Columns {
	c.Threads = slices.Clone(c.Threads)
	c.Threads[p.Thread] = change(slices.Clone(c.Threads[p.Thread]))
	return c
}
