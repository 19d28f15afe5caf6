// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Config says what is run.
type Config struct {
	Title    string        // "compare, arm64"
	Duration time.Duration // of each kernel's stress; 0: until it is certain
	// Compared: two kernels end as trial.Certain says. Else, and where the bug
	// is ruled out, a kernel ends at trial.LoneBlocks.
	Compared bool
}

// Model is what the view knows: events go in, Text comes out. It may be used by
// several goroutines at once.
type Model struct {
	cfg   Config
	start time.Time

	mu          sync.Mutex
	stages      []*stage // as they began
	counts      []trial.TallyEvent
	notes       []string
	words       wording.Words
	doing       string // what a tool said last
	interrupted bool
}

// stage is one row: the kernels' stages of the same name.
type stage struct {
	name   string
	began  map[string]time.Time // of the kernels under way
	took   float64              // seconds, of the longest that ended
	detail string
}

// NewModel makes the model of a command that started at start.
func NewModel(cfg Config, start time.Time) *Model { return &Model{cfg: cfg, start: start} }

// Take notes an event that came at now.
func (m *Model) Take(e trial.Event, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case e.Stage != nil:
		m.stage(*e.Stage, e.Variant, now)
	case e.Note != "":
		m.notes = append(m.notes, printable(e.Note))
	case e.Build != nil:
		m.doing = printable(building(*e.Build))
	case e.Line != "" || e.Waiting != "":
		m.doing = printable(strings.TrimSpace(e.Line + e.Waiting))
	case e.Words != nil:
		m.words = *e.Words
	case e.Tally != nil:
		m.tally(*e.Tally)
	}
}

// Interrupt notes that the command is to end early.
func (m *Model) Interrupt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.interrupted = true
}

func (m *Model) stage(e trial.StageEvent, kernel string, now time.Time) {
	at := slices.IndexFunc(m.stages, func(s *stage) bool { return s.name == e.Name })
	if at < 0 {
		at = len(m.stages)
		m.stages = append(m.stages, &stage{name: e.Name, began: map[string]time.Time{}})
	}
	s := m.stages[at]
	switch {
	case e.Done:
		delete(s.began, kernel)
		s.took, s.detail, m.doing = max(s.took, e.Seconds), printable(e.Detail), ""
	case e.Seconds == 0:
		s.began[kernel] = now
	}
}

func (m *Model) tally(e trial.TallyEvent) {
	at := slices.IndexFunc(m.counts, func(a trial.TallyEvent) bool { return a.Variant == e.Variant && a.Reader == e.Reader })
	if at < 0 {
		m.counts = append(m.counts, e)
		slices.SortStableFunc(m.counts, func(a, b trial.TallyEvent) int {
			return cmp.Or(cmp.Compare(a.Reader, b.Reader), cmp.Compare(slices.Index(trial.Pair(), a.Variant), slices.Index(trial.Pair(), b.Variant)))
		})
		return
	}
	m.counts[at] = e
}
