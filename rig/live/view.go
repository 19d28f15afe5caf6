// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// frame is the time between two drawings.
const frame = 100 * time.Millisecond

// View is a view on a terminal. It leaves signals and the keyboard alone, and
// changes no mode of the terminal that would have to be changed back: whatever
// ends the program, what is typed next is shown, and the cursor too.
type View struct {
	cfg     Config
	model   *Model
	above   above
	out     *os.File
	program *tea.Program
	over    atomic.Bool // only the wiping is left to do
	closing sync.Once
	done    chan struct{}
	err     error // once done is closed
}

// Start draws on out, a terminal, until Close. environ holds what the drawing
// depends on: TERM, NO_COLOR and their like.
func Start(cfg Config, out *os.File, environ []string) *View {
	v := &View{cfg: cfg, model: NewModel(cfg, time.Now()), out: out, done: make(chan struct{})}
	v.program = tea.NewProgram(screen{of: v, width: 80, height: 24},
		tea.WithOutput(out), tea.WithInput(nil), tea.WithoutSignalHandler(), tea.WithEnvironment(environ), tea.WithFPS(20))
	go func() {
		defer close(v.done)
		_, v.err = v.program.Run()
	}()
	return v
}

// Sink takes events.
func (v *View) Sink(e trial.Event) {
	v.model.Take(e, time.Now())
	if v.cfg.Tasks {
		v.above.add(e)
	}
}

// above are the lines that are to stay above the view: those that there would be without
// one, but for what is said of a task while it is under way.
type above struct {
	mu   sync.Mutex
	text bytes.Buffer
	of   *lines
}

func (a *above) add(e trial.Event) {
	reminder := e.Stage != nil && !e.Stage.Done
	if e.Task != "" || reminder || e.Waiting != "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = newLines(&a.text, false)
	}
	a.of.add(e)
}

// take gives the lines that came since it was called last.
func (a *above) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.text.Reset()
	return a.text.String()
}

// Interrupt shows that the command is ending early.
func (v *View) Interrupt() { v.model.Interrupt() }

// Close wipes the view, leaves the stages in its place as plain lines, those of many
// tasks as they came, and gives the terminal back. It may be called again.
func (v *View) Close() error {
	v.closing.Do(func() {
		v.over.Store(true)
		v.program.Quit()
		<-v.done
		_, _ = io.WriteString(v.out, v.above.take()) // as the lines below: a terminal that is gone shows nothing
		for _, line := range v.model.Final(time.Now()) {
			fmt.Fprintln(v.out, line)
		}
	})
	return fault.Wrap(fault.Rig, "draw the view", v.err)
}

// screen is the view with the size of the terminal.
type screen struct {
	of            *View
	width, height int
}

type tick struct{}

func next() tea.Cmd { return tea.Tick(frame, func(time.Time) tea.Msg { return tick{} }) }

// Init starts the clock.
func (s screen) Init() tea.Cmd { return next() }

// Update draws again after a tick, and takes the terminal's size.
func (s screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tick:
		if text := strings.TrimSuffix(s.of.above.take(), "\n"); text != "" { // one after the other: their order stays
			return s, tea.Sequence(tea.Println(ansi.Wrap(text, s.width, " -")), next())
		}
		return s, next()
	}
	return s, nil
}

// View draws. A screen that is too low shows the lower part, where the figures
// are; of many tasks the upper part, which says how far all are. The last line is empty: whoever writes next starts there.
func (s screen) View() tea.View {
	view := tea.NewView("")
	view.DisableBracketedPasteMode = true
	view.Cursor = tea.NewCursor(0, 0) // stays visible, see View
	if s.of.over.Load() {
		return view
	}
	lines := s.of.model.Text(time.Now(), s.width)
	if room := max(s.height-1, 0); len(lines) > room && s.of.cfg.Tasks {
		lines = lines[:room]
	} else if len(lines) > room {
		lines = lines[len(lines)-room:]
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintln(&b, paint(l))
	}
	view.SetContent(b.String())
	view.Cursor.Y = len(lines)
	return view
}

var styles = map[Role]lipgloss.Style{
	Head:    lipgloss.NewStyle().Bold(true),
	Running: lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	Alarm:   lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
}

func paint(l Line) string {
	if style, ok := styles[l.Role]; ok && l.Text != "" {
		return style.Render(l.Text)
	}
	return l.Text
}
