// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"kcovrig/rig/coderange"
)

// Policy says how aggressively stores and loads are reordered; whatever it says, only
// what the architecture allows happens. Probabilities are per 1000.
type Policy struct {
	Active    uint64 // an entry into the scope delays stores
	BodyDelay uint64 // a body's or caller's store is delayed
	CalleeMax uint64 // a callee delays 1 to this many stores an episode
	Hold      uint64 // a drain of what a later access has passed waits first, to widen the window
	HoldNS    uint64 // ... this long
	Stale     uint64 // a load that may read an older value does
	Exact     uint64 // else the emulator does the load itself
	Pause     uint64 // a tracked load waits first, up to HoldNS
	Await     uint64 // an episode's first load waits while others are in one, and what barriers drain waits for such a load
	Track     uint64 // 1: views are kept from the first instruction
	Turns     uint64 // this many vCPUs meet in bodies and take turns at each access; 0: none
	Spacing   uint64 // an episode begins once in this many blocks of bodies; 0: at each entry, by Active
	Length    uint64 // ... and ends after this many branches
}

// DefaultPolicy was chosen by measurement: stale reads in a quarter of the windows
// or more, at a cost that scripts/bench shows.
func DefaultPolicy() Policy {
	return Policy{Active: 600, BodyDelay: 100, CalleeMax: 3, Hold: 1000, HoldNS: 1200, Stale: 500, Await: 500, Track: 1}
}

// LitmusPolicy is for tests of a few instructions on the given number of CPUs:
// everything that is allowed is to happen, whatever it costs.
func LitmusPolicy(cpus int) Policy {
	return Policy{Active: 1000, BodyDelay: 500, Stale: 500, Exact: 1000, Track: 1, Turns: uint64(cpus)}
}

// LooseLitmusPolicy leaves the order of the CPUs to the host, and widens windows
// by waits.
func LooseLitmusPolicy() Policy {
	return Policy{Active: 1000, BodyDelay: 500, Hold: 300, HoldNS: 2000, Stale: 500, Exact: 1000, Pause: 300, Track: 1}
}

func (p Policy) validate() error {
	if max(p.Active, p.BodyDelay, p.Hold, p.Stale, p.Exact, p.Pause, p.Await) > 1000 {
		return errors.New("a probability of the emulator's policy is above 1000 per 1000")
	}
	if p.HoldNS > 1e6 {
		return errors.New("a wait of the emulator's policy is above one millisecond")
	}
	if p.Spacing > 0 && (p.Length == 0 || p.Track == 0 || p.Spacing > 1e9) {
		return errors.New("the emulator's policy spaces episodes without a length or without views, or by more than 1e9 blocks")
	}
	if p.Track > 1 {
		return errors.New("the emulator's policy tracks views (1) or does not (0)")
	}
	return nil
}

type parameter struct {
	name  string
	value uint64
}

// parameters are the policy as the plan has it.
func (p Policy) parameters() []parameter {
	all := []parameter{
		{"active", p.Active}, {"body-delay", p.BodyDelay}, {"callee-max", p.CalleeMax}, {"hold", p.Hold}, {"hold-ns", p.HoldNS},
		{"stale", p.Stale}, {"exact", p.Exact}, {"pause", p.Pause}, {"await", p.Await}, {"track", p.Track}, {"turns", p.Turns},
	}
	if p.Spacing > 0 {
		all = append(all, parameter{"spacing", p.Spacing}, parameter{"length", p.Length})
	}
	return all
}

// Parameters are the policy by the plan's names.
func (p Policy) Parameters() map[string]uint64 {
	all := map[string]uint64{}
	for _, one := range p.parameters() {
		all[one.name] = one.value
	}
	return all
}

// inScope says whether an instruction of the scope is there.
func (c Config) inScope(at uint64) bool {
	return at%c.Arch.CodeAlign == 0 && coderange.Within(c.Scope, at)
}

// checkFocus says why the focus cannot be an instruction of the scope.
func (c Config) checkFocus() error {
	if c.Focus != 0 && !c.inScope(c.Focus) {
		return fmt.Errorf("the emulator's focus %#x is no instruction of its scope", c.Focus)
	}
	return nil
}

// maxReports is MAX_REPORTS of plugin/plan.h.
const maxReports = 8

// files are what the plugin writes, in the run's folder.
type files struct {
	counters string
	sites    string
	trace    string // only where marks are asked for

	alterations string // only where there are some
}

// Plan renders the plan for the plugin, sorted, the same bytes for the same cfg.
func Plan(cfg Config) string {
	var b strings.Builder
	fmt.Fprintln(&b, "kcovrig-plan 2")
	fmt.Fprintf(&b, "ram %#x %#x\n", cfg.Arch.RAMBase, cfg.RAMBytes)
	fmt.Fprintf(&b, "counters %s\n", cfg.files().counters)
	fmt.Fprintf(&b, "sites %s\n", cfg.files().sites)
	if cfg.Marks > 0 {
		fmt.Fprintf(&b, "trace %s %d\n", cfg.files().trace, cfg.Marks)
		fmt.Fprintf(&b, "mark %#x %#x\n", cfg.Mark.Start, cfg.Mark.End)
		for _, at := range cfg.Reports {
			fmt.Fprintf(&b, "report %#x\n", at)
		}
	}
	b.WriteString(cfg.alterationLines())
	fmt.Fprintf(&b, "seed %d\n", cfg.Seed)
	if cfg.Focus != 0 {
		fmt.Fprintf(&b, "focus %#x\n", cfg.Focus)
	}
	for _, p := range cfg.Policy.parameters() {
		fmt.Fprintf(&b, "set %s %d\n", p.name, p.value)
	}
	scope := slices.Clone(cfg.Scope)
	sort.Slice(scope, func(i, j int) bool { return scope[i].Start < scope[j].Start })
	for _, s := range scope {
		fmt.Fprintf(&b, "scope %s %#x %#x %s\n", s.Role, s.Start, s.End, oneWord(s.Symbol))
	}
	return b.String()
}

// maxSymbol is what the plugin takes of a symbol, in bytes.
const maxSymbol = 63

// oneWord is a symbol that stays one word of its line: it comes from a file that anybody may
// have made, and the plugin writes to what its lines name.
func oneWord(symbol string) string {
	word := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, symbol[:min(len(symbol), maxSymbol)])
	return cmp.Or(word, "?")
}
