// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

// Skeleton is what of a witness matters to a memory model: the two stores and
// the two loads, and what the code that ran has in between.
type Skeleton struct {
	Stores  []string // of the stale word, x, in program order: STR or STLR
	Between []string // barriers between the last of them and the publication
	Publish string   // of the count, y: STR or STLR
	// Later: the reader believed the count of a later copy. What the kernel did
	// before it is not in the witness; a full barrier, the most that it can have
	// been, stands for it.
	Later   bool
	Count   string   // the reader's load of y: LDR, LDAR or LDAPR
	Control bool     // a branch on it before the load of x
	Address bool     // x's address derives from it
	After   []string // barriers before the load of x
	Entry   string   // the load of x

	Instructions []Used // what the test was built from, in the order of the members above
}

// Used is an instruction that went into a test.
type Used struct {
	trial.Instruction
	Noted bool // the emulator noted that it ran; else it is the code's only one, and the guest's report implies it
}

// NewSkeleton builds it from the instructions that ran. Where the emulator did
// not note one, since nothing waited then, it is the code's only one. An error
// says what is missing.
func NewSkeleton(r Reading, code trial.Code, reader trial.ReaderCode) (Skeleton, error) {
	s := Skeleton{Later: r.Later(), Control: reader.Control, Address: reader.Address}
	if len(r.Stores) == 0 {
		return s, errors.New("the store that the reader missed is not among the witness's events: it had left the emulator's memory when the reader looked, or ran natively")
	}
	if reader.Unknown != "" {
		return s, fmt.Errorf("the reader's code has %q between its two loads, whose effect is not known", reader.Unknown)
	}
	for _, i := range r.Stores {
		op, err := s.take(Used{instruction(r.Events[i]), true}, "ST")
		if err != nil {
			return s, err
		}
		s.Stores = append(s.Stores, op)
	}
	if err := s.addBarriers(r, code); err != nil {
		return s, err
	}
	publish, err := publishing(r, code)
	if err != nil {
		return s, err
	}
	if s.Publish, err = s.take(publish, "ST"); err != nil {
		return s, err
	}
	return s, s.addReader(r, reader)
}

func (s *Skeleton) take(i Used, prefix string) (string, error) {
	op, err := access(i.Text, prefix)
	s.Instructions = append(s.Instructions, i)
	return op, err
}

func instruction(e trial.WitnessEvent) trial.Instruction {
	return trial.Instruction{Symbol: e.Symbol, Offset: e.Offset, Text: e.Text, Source: e.Source, SourceText: e.SourceText}
}

// addBarriers takes those that the emulator noted, and those that it does not
// note. One that orders stores is noted where a store waits: if the stale
// word's store still did when the count was stored, one that was not noted did not run.
func (s *Skeleton) addBarriers(r Reading, code trial.Code) error {
	var ran []Used
	for _, e := range r.Barriers() {
		i := instruction(e)
		if r.Publish < 0 && !slices.ContainsFunc(code.Between, func(b trial.Instruction) bool { return i.Place() == b.Place() }) {
			return fmt.Errorf("%s at %s: whether it ran before the publishing store is not known, since that is not among the witness's events", i.Text, i.Place())
		}
		ran = append(ran, Used{i, true})
	}
	noted := r.waited()
	for _, b := range code.Between {
		known := slices.ContainsFunc(ran, func(i Used) bool { return i.Place() == b.Place() })
		if strings.HasPrefix(b.Text, "st") || known || noted && storeBarrier(b.Text) {
			continue // a release is the publication itself
		}
		ran = append(ran, Used{Instruction: b})
	}
	for _, i := range ran {
		op, err := barrier(i.Text)
		if err != nil {
			return err
		}
		s.Between, s.Instructions = append(s.Between, op), append(s.Instructions, i)
	}
	return nil
}

// publishing is the store of the count: the event's, else the code's only one.
func publishing(r Reading, code trial.Code) (Used, error) {
	if r.Publish >= 0 {
		return Used{instruction(r.Events[r.Publish]), true}, nil
	}
	texts := map[string]bool{}
	for _, p := range code.Publish {
		name, _, _ := strings.Cut(p.Text, " ")
		texts[name] = true
	}
	if len(texts) == 0 {
		return Used{}, errOlder
	}
	if len(texts) != 1 {
		return Used{}, fmt.Errorf("which store publishes is not known: none is among the events, the code has %d kinds", len(texts))
	}
	return Used{Instruction: code.Publish[0]}, nil
}

func (s *Skeleton) addReader(r Reading, reader trial.ReaderCode) (err error) {
	count, entry := Used{Instruction: reader.Count}, Used{Instruction: reader.Entry}
	if r.Count >= 0 {
		count = Used{instruction(r.Events[r.Count]), true}
	}
	if r.Stale >= 0 {
		entry = Used{instruction(r.Events[r.Stale]), true}
	}
	if s.Count, err = s.take(count, "LD"); err != nil {
		return err
	}
	for _, text := range reader.Barriers {
		op, err := barrier(text)
		if err != nil {
			return err
		}
		s.After = append(s.After, op)
	}
	s.Entry, err = s.take(entry, "LD")
	return err
}

// With puts a kernel's barriers in: those that stand between its two writes, or
// its publishing store where that is a release. false: the code has none.
func (s Skeleton) With(code trial.Code) (Skeleton, bool) {
	s.Between = slices.Clone(s.Between)
	found := false
	for _, b := range code.Between {
		if op, err := access(b.Text, "STLR"); err == nil {
			s.Publish, found = op, true
		} else if op, err := barrier(b.Text); err == nil {
			s.Between, found = append(s.Between, op), true
		}
	}
	return s, found
}

// WithAcquire makes the reader order its loads.
func (s Skeleton) WithAcquire() Skeleton {
	s.Count = "LDAR"
	return s
}

// Test is the litmus test: x is the stale word, y the count, 0 what they held
// before. The condition is what the guest saw.
func (s Skeleton) Test(name string) *litmus.Test {
	writer := []string{"MOV X0,#1"}
	for _, op := range s.Stores {
		writer = append(writer, op+" X0,[X1]")
	}
	writer = append(append(writer, s.Between...), s.Publish+" X0,[X3]")
	count := uint64(1)
	if s.Later {
		count = 2
		writer = append(writer, "DMB SY", "MOV X2,#2", "STR X2,[X3]")
	}
	reader := []string{s.Count + " X0,[X1]"}
	if s.Control {
		reader = append(reader, "CBNZ X0,LC00", "LC00:")
	}
	reader = append(reader, s.After...)
	if s.Address {
		reader = append(reader, "EOR X4,X0,X0", s.Entry+" X2,[X3,X4]")
	} else {
		reader = append(reader, s.Entry+" X2,[X3]")
	}
	at := func(x, y string) map[string]litmus.Value {
		return map[string]litmus.Value{x: {Address: "x"}, y: {Address: "y"}}
	}
	return &litmus.Test{
		Name:      name,
		Threads:   []litmus.Thread{{Code: writer, Regs: at("X1", "X3")}, {Code: reader, Regs: at("X3", "X1")}},
		Memory:    []litmus.Variable{{Name: "x", Bytes: 8}, {Name: "y", Bytes: 8}},
		Condition: litmus.Exists(map[string]uint64{"1:X0": count, "1:X2": 0}),
	}
}
