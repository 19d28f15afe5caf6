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
	Tasks    bool          // it has many tasks: the view is of those under way, and what ended stays above it, as plain lines
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
	whole       *task   // what is of no task
	tasks       []*task // under way, as they began
	notes       []string
	progress    *trial.ProgressEvent // nil: nobody said
	interrupted bool
}

// task is what is known of one, or of a command that does but one thing.
type task struct {
	name   string
	began  time.Time
	stages []*stage // as they began
	counts []count
	words  wording.Words
	doing  string // what a tool said last
}

// count is what one kernel has counted, with the name that its stages have.
type count struct {
	kernel string
	trial.TallyEvent
}

// stage is one row: the kernels' stages of the same name.
type stage struct {
	name   string
	began  map[string]time.Time // of the kernels under way
	took   float64              // seconds, of the longest that ended
	detail string
}

// NewModel makes the model of a command that started at start.
func NewModel(cfg Config, start time.Time) *Model {
	return &Model{cfg: cfg, start: start, whole: &task{began: start}}
}

// Take notes an event that came at now.
func (m *Model) Take(e trial.Event, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case e.Over:
		m.tasks = slices.DeleteFunc(m.tasks, func(t *task) bool { return t.name == e.Task })
		return
	case e.Progress != nil:
		m.progress = e.Progress
		return
	case e.Note != "" && m.cfg.Tasks: // stays above, and is in the way here
		return
	case e.Note != "":
		m.notes = append(m.notes, printable(e.Note))
		return
	}
	begins := e.Stage != nil && !e.Stage.Done && e.Stage.Seconds == 0 || e.Words != nil
	t := m.task(e.Task, now, begins)
	switch {
	case t == nil: // it is over
	case e.Stage != nil:
		t.stage(*e.Stage, e.Boot, now)
		if m.cfg.Tasks {
			t.forget(e.Boot)
		}
	case e.Build != nil:
		t.doing = printable(building(*e.Build))
	case e.Line != "" || e.Waiting != "":
		t.doing = printable(strings.TrimSpace(e.Line + e.Waiting))
	case e.Words != nil:
		t.words = *e.Words
	case e.Tally != nil:
		t.tally(e.Boot, *e.Tally)
	}
}

// Interrupt notes that the command is to end early.
func (m *Model) Interrupt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.interrupted = true
}

// task is the one of that name, which may begin now; nil where it has ended.
func (m *Model) task(name string, now time.Time, begins bool) *task {
	if name == "" {
		return m.whole
	}
	if at := slices.IndexFunc(m.tasks, func(t *task) bool { return t.name == name }); at >= 0 {
		return m.tasks[at]
	}
	if !begins {
		return nil
	}
	t := &task{name: name, began: now}
	m.tasks = append(m.tasks, t)
	return t
}

func (t *task) stage(e trial.StageEvent, kernel string, now time.Time) {
	at := slices.IndexFunc(t.stages, func(s *stage) bool { return s.name == e.Name })
	if at < 0 {
		at = len(t.stages)
		t.stages = append(t.stages, &stage{name: e.Name, began: map[string]time.Time{}})
	}
	s := t.stages[at]
	switch {
	case e.Done:
		delete(s.began, kernel)
		s.took, s.detail, t.doing = max(s.took, e.Seconds), printable(e.Detail), ""
	case e.Seconds == 0:
		s.began[kernel] = now
	}
}

// forget leaves out the stages that have ended, and the counts of a kernel whose stage ended last.
func (t *task) forget(kernel string) {
	t.stages = slices.DeleteFunc(t.stages, func(s *stage) bool { return len(s.began) == 0 })
	if !t.runs(kernel) {
		t.counts = slices.DeleteFunc(t.counts, func(c count) bool { return c.kernel == kernel })
	}
}

// runs says whether a stage of that kernel is under way.
func (t *task) runs(kernel string) bool {
	return slices.ContainsFunc(t.stages, func(s *stage) bool {
		_, runs := s.began[kernel]
		return runs
	})
}

func (t *task) tally(kernel string, e trial.TallyEvent) {
	at := slices.IndexFunc(t.counts, func(c count) bool { return c.Variant == e.Variant && c.Reader == e.Reader })
	if at >= 0 {
		t.counts[at] = count{kernel, e}
		return
	}
	t.counts = append(t.counts, count{kernel, e})
	slices.SortStableFunc(t.counts, func(a, b count) int {
		return cmp.Or(cmp.Compare(a.Reader, b.Reader), cmp.Compare(slices.Index(trial.Pair(), a.Variant), slices.Index(trial.Pair(), b.Variant)))
	})
}

// stressed is what the kernels have counted that the stage is of.
func (t *task) stressed(stage string) (seen []trial.TallyEvent) {
	for _, c := range t.counts {
		if t.runs(c.kernel) || stage == boots {
			seen = append(seen, c.TallyEvent)
		}
	}
	return seen
}
