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
	Threads       [][]string // instructions and labels, without empty cells
}

// ReadColumns reads the code of a test, whose name is not changed by a file's.
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
	for first := true; ; first = false {
		row, after, ended := strings.Cut(rest, ";")
		if cells := strings.Split(row, "|"); !ended || len(cells) != head.Threads {
			break
		} else if !first {
			for i, cell := range cells {
				if cell = strings.TrimSpace(cell); cell != "" {
					c.Threads[i] = append(c.Threads[i], cell)
				}
			}
		}
		rest = after
	}
	c.After = strings.TrimLeft(rest, "\n")
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

// Place is where one test orders what another, which is else the same, does not: at or
// before an instruction of a thread of the other.
type Place struct{ Thread, Index int }

// PlaceOf finds where the ordered test orders by one instruction more, or by one of another form.
func PlaceOf(ordered, other Columns) (Place, error) {
	var found []Place
	for n := range min(len(ordered.Threads), len(other.Threads)) {
		with, without := ordered.Threads[n], other.Threads[n]
		at := 0
		for at < len(with) && at < len(without) && with[at] == without[at] {
			at++
		}
		switch rest := len(with) - len(without); {
		case at == len(with) && rest == 0:
			continue
		case at < len(without) && (rest == 0 || rest == 1) && slices.Equal(with[at+1:], without[at+1-rest:]):
			found = append(found, Place{Thread: n, Index: at})
			continue
		}
		return Place{}, fmt.Errorf("thread P%d differs in more than one instruction", n)
	}
	if len(found) != 1 || len(ordered.Threads) != len(other.Threads) {
		return Place{}, errors.New("they do not differ in one place")
	}
	return found[0], nil
}

// At is the instruction at the place.
func (c Columns) At(p Place) string { return c.Threads[p.Thread][p.Index] }

// WithBarrier is the test with an instruction put before that at the place.
func (c Columns) WithBarrier(p Place, barrier string) Columns {
	return c.with(p, func(code []string) []string { return slices.Insert(code, p.Index, barrier) })
}

// WithForm is the test with another instruction at the place.
func (c Columns) WithForm(p Place, instruction string) Columns {
	return c.with(p, func(code []string) []string {
		code[p.Index] = instruction
		return code
	})
}

func (c Columns) with(p Place, change func([]string) []string) Columns {
	c.Threads = slices.Clone(c.Threads)
	c.Threads[p.Thread] = change(slices.Clone(c.Threads[p.Thread]))
	return c
}
