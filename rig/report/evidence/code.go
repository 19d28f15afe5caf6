// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff/lcs"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// Code is the two kernels' code side by side, as much of it as is about the barrier.
type Code struct {
	Note string
	Rows []CodeRow
}

// CodeRow is an instruction of one kernel beside that of the other, or counts those that
// are not shown.
type CodeRow struct {
	Skipped     string // how many are not shown here; empty: none are skipped
	Left, Right *Instruction
	Differs     bool
}

// Instruction is one of a listing.
type Instruction struct {
	Place, Text string
	Source      string // where it is not that of the one shown before
	Orders      bool   // it orders accesses, as the binary was read
}

// How much is shown: so many rows around what matters, and altogether.
const (
	around   = 8
	maxShown = 160
)

// row is an instruction of each kernel, by number; -1: it has none there.
type row struct {
	left, right int
	differs     bool
}

// sideBySide aligns the two kernels' listings.
func sideBySide(s result.Saved) *Code {
	var of [2]listing
	code := &Code{}
	for i, v := range trial.Pair() {
		f, ok := result.Of(s.Attachments.Listings, v)
		if !ok {
			return nil
		}
		of[i] = readListing(f.Text, codeOf(s.Document, v))
		if f.Left > 0 {
			code.Note = "Of listings as long as these only the beginning was compared."
		}
	}
	left, right := of[0], of[1]
	rows := aligned(left.keys, right.keys)
	shown := chosen(rows, []func(row) bool{
		func(r row) bool { return r.differs && (left.orders(r.left) || right.orders(r.right)) },
		func(r row) bool { return left.orders(r.left) || right.orders(r.right) },
		func(r row) bool { return left.publishes(r.left) || right.publishes(r.right) },
		func(r row) bool { return r.differs },
	})
	if !slices.Contains(shown, true) {
		code.Note = strings.TrimSpace("No instruction differs, and none near the patch orders accesses. " + code.Note)
		return code
	}
	for i := 0; i < len(rows); {
		if shown[i] {
			code.Rows = append(code.Rows, CodeRow{Left: left.show(rows[i].left), Right: right.show(rows[i].right), Differs: rows[i].differs})
			i++
			continue
		}
		skipped, differ := 0, 0
		for ; i < len(rows) && !shown[i]; i++ {
			skipped++
			if rows[i].differs {
				differ++
			}
		}
		code.Rows = append(code.Rows, CodeRow{Skipped: skippedWords(skipped, differ)})
	}
	return code
}

func codeOf(d result.Document, v trial.Variant) trial.Code {
	for _, c := range d.Code {
		if c.Variant == v {
			return c
		}
	}
	return trial.Code{}
}

func skippedWords(rows, differ int) string {
	if differ == 0 {
		return fmt.Sprintf("... %d instructions, alike in both", rows)
	}
	return fmt.Sprintf("... %d rows, %d of which differ", rows, differ)
}

// listing is a kernel's code.
type listing struct {
	instructions        []trial.Instruction
	addresses           []string
	keys                []string        // of the instructions, alike where only places differ
	ordering, published map[string]bool // by place or address
	source              *string         // of the instruction shown last
}

// moves are the numbers of an instruction that change where code before it grows: where a
// branch goes, and addresses.
var moves = regexp.MustCompile(`\+0x[0-9a-f]+|0x[0-9a-f]{8,}`)

// readListing reads what rig/kernels writes: address, place, instruction, source, its text.
func readListing(text string, c trial.Code) listing {
	l := listing{source: new(string), ordering: map[string]bool{}, published: map[string]bool{}}
	for _, line := range lines(text) {
		parts := strings.SplitN(line, "\t", 5)
		if len(parts) < 5 {
			continue
		}
		i := trial.Instruction{Text: parts[2], Source: parts[3], SourceText: parts[4]}
		symbol, offset, _ := strings.Cut(parts[1], "+")
		i.Symbol = symbol
		i.Offset, _ = strconv.ParseUint(offset, 0, 64) // what is none has no place that matters
		l.instructions, l.addresses = append(l.instructions, i), append(l.addresses, parts[0])
		l.keys = append(l.keys, moves.ReplaceAllString(i.Text, ""))
	}
	for _, b := range c.Barriers {
		address, _, _ := strings.Cut(b, " ")
		l.ordering[address] = true
	}
	for _, i := range c.Publish {
		l.published[i.Place()] = true
	}
	for _, s := range c.Stops {
		if s.Near && slices.Contains([]string{"barrier", "atomic", "release", "acquire"}, s.Kind) {
			l.ordering[s.Place()] = true
		}
	}
	return l
}

func (l listing) orders(n int) bool {
	return n >= 0 && (l.ordering[l.addresses[n]] || l.ordering[l.instructions[n].Place()])
}

func (l listing) publishes(n int) bool { return n >= 0 && l.published[l.instructions[n].Place()] }

// show is the instruction as the page has it, with its line of source where that is another
// than the one before.
func (l listing) show(n int) *Instruction {
	if n < 0 {
		return nil
	}
	of := l.instructions[n]
	i := &Instruction{Place: of.Place(), Text: of.Text, Orders: l.orders(n)}
	if source := strings.TrimSpace(path.Base(of.Source) + "  " + of.SourceText); of.Source != "" && source != *l.source {
		i.Source, *l.source = source, source
	}
	return i
}

// aligned pairs what is alike, and where the kernels differ, one with the other as far as
// both go.
func aligned(left, right []string) []row {
	var rows []row
	a, b := 0, 0
	alike := func(to int) {
		for ; a < to; a, b = a+1, b+1 {
			rows = append(rows, row{a, b, false})
		}
	}
	for _, d := range lcs.DiffLines(left, right) {
		alike(d.Start)
		for a < d.End || b < d.ReplEnd {
			r := row{-1, -1, true}
			if a < d.End {
				r.left, a = a, a+1
			}
			if b < d.ReplEnd {
				r.right, b = b, b+1
			}
			rows = append(rows, r)
		}
	}
	alike(len(left))
	return rows
}

// chosen says which rows are shown: those around what matters, what matters most first,
// as long as there is room.
func chosen(rows []row, matters []func(row) bool) []bool {
	shown, room := make([]bool, len(rows)), maxShown
	for _, of := range matters {
		for i, r := range rows {
			if !of(r) {
				continue
			}
			for n := max(0, i-around); n <= min(len(rows)-1, i+around) && room > 0; n++ {
				if !shown[n] {
					shown[n] = true
					room--
				}
			}
		}
	}
	return shown
}
