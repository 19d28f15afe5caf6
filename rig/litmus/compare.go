// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome says what a test's run came to; the zero value is unknown.
type Outcome string

// The outcomes.
const (
	Sound        Outcome = "sound"        // it ran, and the model allows all that was seen
	Unsound      Outcome = "unsound"      // a forbidden state was seen
	Inconclusive Outcome = "inconclusive" // it did not run to its end, or cannot be judged
)

// Comparison is one test's run beside what the model allows.
type Comparison struct {
	Name      string
	Threads   int
	Outcome   Outcome
	Why       string           // of an inconclusive one
	Tail      string           // the program's last output, where it failed
	Outcomes  uint64           // final states counted
	States    map[State]uint64 // seen
	Allowed   []State          // by the model, sorted
	Forbidden []State          // seen, not allowed
	Unseen    []State          // allowed, not seen
	Target    bool             // a seen state fulfils the test's own condition
	Verdict   string           // the model's, of that condition: Never, Sometimes or Always
	ElapsedNS int64
}

// Report is what a set of tests came to.
type Report struct {
	Tests   []Comparison // sorted by name
	Seed    uint64
	Kernel  string
	QEMU    string
	Counted map[string]uint64 // the emulator's counters, summed
}

// Compare judges the final states that a program counted, as it words them.
func Compare(t *Test, v Verdict, counted map[string]uint64) (Comparison, error) {
	c := Comparison{Name: t.Name, Threads: len(t.Threads), States: map[State]uint64{}, Verdict: v.Observation}
	for text, n := range counted {
		values, err := State(text).Values()
		if err != nil {
			return c, fmt.Errorf("the final state %q: %w", text, err)
		}
		state := NewState(values)
		c.States[state] += n
		c.Outcomes += n
		holds, err := t.Condition.Holds(state)
		if err != nil {
			return c, err
		}
		c.Target = c.Target || holds
	}
	if c.Outcomes == 0 {
		return c, fmt.Errorf("no outcome was counted")
	}
	c.Allowed = slices.Clone(v.States)
	slices.Sort(c.Allowed)
	for state := range c.States {
		if !sameTerms(state, c.Allowed[0]) {
			return c, fmt.Errorf("the state %q cannot be compared with the model's %q", state, c.Allowed[0])
		}
		if !slices.Contains(c.Allowed, state) {
			c.Forbidden = append(c.Forbidden, state)
		}
	}
	slices.Sort(c.Forbidden)
	for _, state := range c.Allowed {
		if c.States[state] == 0 {
			c.Unseen = append(c.Unseen, state)
		}
	}
	c.Outcome = Sound
	if len(c.Forbidden) > 0 {
		c.Outcome = Unsound
	}
	return c, nil
}

// sameTerms says whether two states give values to the same terms; both are
// as NewState renders them.
func sameTerms(a, b State) bool {
	return slices.Equal(terms(a), terms(b))
}

func terms(s State) []string {
	var out []string
	for item := range strings.SplitSeq(string(s), ";") {
		if term, _, ok := strings.Cut(item, "="); ok {
			out = append(out, strings.TrimSpace(term))
		}
	}
	return out
}
