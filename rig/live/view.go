// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// frame is the time between two drawings.
const frame = 100 * time.Millisecond

// View is a view on a terminal. It leaves signals and the keyboard alone, and
// changes no mode of the terminal that would have to be changed back: whatever
// ends the program, what is typed next is shown, and the cursor too.
type View struct {
	model   *Model
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
	v := &View{model: NewModel(cfg, time.Now()), out: out, done: make(chan struct{})}
	v.program = tea.NewProgram(screen{of: v, width: 80, height: 24},
		tea.WithOutput(out), tea.WithInput(nil), tea.WithoutSignalHandler(), tea.WithEnvironment(environ), tea.WithFPS(20))
	go func() {
		defer close(v.done)
		_, v.err = v.program.Run()
	}()
	return v
}

// Sink takes events.
func (v *View) Sink(e trial.Event) { v.model.Take(e, time.Now()) }

// Interrupt shows that the command is ending early.
func (v *View) Interrupt() { v.model.Interrupt() }

// Close wipes the view, leaves the stages in its place as plain lines, and
// gives the terminal back. It may be called again.
func (v *View) Close() error {
	v.closing.Do(func() {
		v.over.Store(true)
		v.program.Quit()
		<-v.done
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
		return s, next()
	}
	return s, nil
}

// View draws. A screen that is too low shows the lower part, where the figures
// are. The last line is empty: whoever writes next starts there.
func (s screen) View() tea.View {
	view := tea.NewView("")
	view.DisableBracketedPasteMode = true
	view.Cursor = tea.NewCursor(0, 0) // stays visible, see View
	if s.of.over.Load() {
		return view
	}
	lines := s.of.model.Text(time.Now(), s.width)
	if room := s.height - 1; len(lines) > room {
		lines = lines[len(lines)-max(room, 0):]
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
