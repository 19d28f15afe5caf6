// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"fmt"
	"maps"
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
	Name        string           `json:"name"`
	Threads     int              `json:"threads"`
	Outcome     Outcome          `json:"outcome"`
	Why         string           `json:"why,omitempty"`  // of an inconclusive one
	Tail        string           `json:"tail,omitempty"` // the program's last output, where it failed
	Outcomes    uint64           `json:"outcomes"`       // final states counted
	States      map[State]uint64 `json:"states"`         // seen
	Allowed     []State          `json:"allowed"`        // by the model, sorted
	Forbidden   []State          `json:"forbidden"`      // seen, not allowed
	Unseen      []State          `json:"unseen"`         // allowed, not seen
	Target      bool             `json:"target"`         // a seen state fulfils the test's own condition
	Observation string           `json:"verdict"`        // the model's, of that condition: Never, Sometimes or Always
	ElapsedNS   int64            `json:"elapsedNS"`
	Shares      []Share          `json:"policies"` // by policy of the emulator, in the order of the runs
}

// Report is what a set of tests came to.
type Report struct {
	Tests   []Comparison // sorted by name
	Seed    uint64
	Kernel  string
	QEMU    string
	Counted map[string]uint64 // the emulator's counters, summed
	Ended   bool              // it is of a run that was ended before it was done
	Folder  string            // that the run left; empty: none
}

// NotRun begins the reason of a test that did not come to run.
const NotRun = "it was not run"

// Counted is what a program counted in its runs under one of the emulator's policies.
type Counted struct {
	Policy    string
	States    map[string]uint64 // by final state, as the program words it
	Fulfilled uint64            // outcomes in which the test's own condition holds

}

// Share is what one policy has contributed to a comparison.
type Share struct {
	Policy    string  `json:"policy"`
	Outcomes  uint64  `json:"outcomes"`
	States    int     `json:"states"`
	Forbidden []State `json:"forbidden"` // seen under it, not allowed
	Target    bool    `json:"target"`
}

// Compare judges the final states that a test's program counted.
func Compare(h Head, v Allowed, runs ...Counted) (Comparison, error) {
	c := Comparison{Name: h.Name, Threads: h.Threads, States: map[State]uint64{}, Observation: v.Observation}
	for _, run := range runs {
		share := Share{Policy: run.Policy, Target: run.Fulfilled > 0, Forbidden: []State{}, States: len(run.States)}
		for text, n := range run.States {
			state, err := Canonical(text)
			if err != nil {
				return c, fmt.Errorf("the final state %q: %w", text, err)
			}
			c.States[state] += n
			share.Outcomes += n
			if !v.Allows(state) {
				share.Forbidden = append(share.Forbidden, state)
			}
		}
		slices.Sort(share.Forbidden)
		c.Forbidden = append(c.Forbidden, share.Forbidden...)
		c.Outcomes += share.Outcomes
		c.Target = c.Target || share.Target
		c.Shares = append(c.Shares, share)
	}
	slices.Sort(c.Forbidden)
	c.Forbidden = slices.Compact(c.Forbidden)
	c.Allowed = slices.Clone(v.States)
	slices.Sort(c.Allowed)
	for _, state := range c.Allowed {
		if c.States[state] == 0 {
			c.Unseen = append(c.Unseen, state)
		}
	}
	return c, c.judge(v)
}

// judge settles the outcome, or says why there is none.
func (c *Comparison) judge(v Allowed) error {
	if c.Outcomes == 0 {
		return fmt.Errorf("no outcome was counted")
	}
	for state := range c.States {
		if len(c.Allowed) > 0 && !sameTerms(state, c.Allowed[0]) {
			c.Forbidden = nil
			return fmt.Errorf("the state %q cannot be compared with the model's %q", state, c.Allowed[0])
		}
	}
	if term := c.bareAddress(); term != "" {
		c.Forbidden = nil
		return fmt.Errorf("%s holds an address, which the program prints as a number: declare it as a pointer, as in uint64_t* %s", term, strings.Trim(term, "[]"))
	}
	if len(c.Forbidden) > 0 && v.Unrolled {
		seen := c.Forbidden[0]
		c.Forbidden = nil
		return fmt.Errorf("herd7 has not followed all turns of its loop, and does not list the state %q, which may be allowed", seen)
	}
	c.Outcome = Sound
	if len(c.Forbidden) > 0 {
		c.Outcome = Unsound
	}
	return nil
}

// bareAddress names a term that the model gives an address, and the program a number.
func (c *Comparison) bareAddress() string {
	addresses := map[string]bool{}
	for _, state := range c.Allowed {
		for term, value := range words(state) {
			addresses[term] = addresses[term] || isName(value)
		}
	}
	for _, state := range c.Forbidden {
		for term, value := range words(state) {
			if addresses[term] && value != "0" && !isName(value) {
				return term
			}
		}
	}
	return ""
}

func isName(value string) bool { return value != "" && !strings.ContainsAny(value[:1], "0123456789{") }

// words are the values of a canonical state.
func words(s State) map[string]string {
	out := map[string]string{}
	for item := range strings.SplitSeq(string(s), ";") {
		if term, value, ok := strings.Cut(strings.TrimSpace(item), "="); ok {
			out[term] = value
		}
	}
	return out
}

// sameTerms says whether two states give values to the same terms; both are
// canonical. Faults have no value: which there are is what differs.
func sameTerms(a, b State) bool {
	return slices.Equal(terms(a), terms(b))
}

func terms(s State) []string { return slices.Sorted(maps.Keys(words(s))) }
