// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ProgramPath is where the guest finds the program of a Start.Program.
const ProgramPath = "/workload"

// Bounds of a Program and of what is told of a hit.
const (
	MaxArgs       = 64
	MaxArgBytes   = 4 << 10 // of one argument or environment variable
	MaxDetects    = 32
	MaxText       = 512 // bytes of Detection.Text
	MaxFields     = 16
	MaxFieldName  = 32
	MaxFieldValue = 128
	MaxWindows    = 1 << 20 // of a boot that a detection ends
)

// Kind says what made a try a hit. The zero value is a hit of a workload of the
// guest's own, which needs no other words.
type Kind string

// The kinds.
const (
	KindTold  Kind = "told"  // the program said so
	KindOops  Kind = "oops"  // a fault of the kernel that it does not survive as it was
	KindWarn  Kind = "warn"  // WARN()
	KindBug   Kind = "bug"   // BUG(), and reports of the kernel that begin so
	KindKASAN Kind = "kasan" // a report of the address sanitizer
	KindHang  Kind = "hang"  // the program sleeps and says nothing any more
	KindPanic Kind = "panic" // the kernel died of an oops, and the guest with it: the host tells it
	KindExit  Kind = "exit"  // the program died
)

// kinds are all that a Detection may have.
var kinds = []Kind{"", KindTold, KindOops, KindWarn, KindBug, KindKASAN, KindHang, KindPanic, KindExit}

// WindowKind says what one window of a program is. The zero value is unknown.
type WindowKind string

// The kinds of window.
const (
	WindowTold  WindowKind = "told"  // a try, which the program tells the end of
	WindowTimed WindowKind = "timed" // a fixed length of the guest's time
	WindowRun   WindowKind = "run"   // one run of a program that ends by itself
)

// Detect is one thing that makes the try at hand a hit.
type Detect struct {
	Kind     Kind   `json:"kind"`
	Function string `json:"function,omitempty"` // in which it has to be; empty: wherever it is. Not of told and exit
	NS       int64  `json:"ns,omitempty"`       // of a hang: the time without a line, the same for all
	Exit     string `json:"exit,omitempty"`     // of an exit: a status, a signal's name, "signal" for any; empty: whatever is not status 0
	Reboot   bool   `json:"reboot,omitempty"`   // the stress ends with it: the kernel is not what it was
}

// Program is a workload of the user's own.
type Program struct {
	Args    []string   `json:"args,omitempty"` // behind its path
	Env     []string   `json:"env,omitempty"`  // all of its environment: NAME=VALUE
	Detect  []Detect   `json:"detect"`
	Window  WindowKind `json:"window"`
	EveryNS int64      `json:"everyNS,omitempty"` // length of a timed window
	Ready   bool       `json:"ready,omitempty"`   // it says so after its preparations; what comes before counts for nothing
	// Windows, where some detection ends the stress, end it too: it is over after so
	// many at the latest, without a Stop. 0: it goes on until Stop.
	Windows uint64 `json:"windows,omitempty"`
}

// Check says what is wrong with p.
func (p Program) Check() error {
	if len(p.Args) > MaxArgs || len(p.Env) > MaxArgs {
		return fmt.Errorf("%d arguments and %d environment variables, at most %d each", len(p.Args), len(p.Env), MaxArgs)
	}
	for _, word := range slices.Concat(p.Args, p.Env) {
		if len(word) > MaxArgBytes || strings.ContainsRune(word, 0) {
			return fmt.Errorf("an argument or variable of %d bytes, at most %d, none of them zero: %.40q", len(word), MaxArgBytes, word)
		}
	}
	for _, v := range p.Env {
		if strings.Index(v, "=") < 1 {
			return fmt.Errorf("environment variable %.40q is not NAME=VALUE", v)
		}
	}
	switch p.Window {
	case WindowTold, WindowRun:
		if p.EveryNS != 0 {
			return fmt.Errorf("windows of kind %s have no length", p.Window)
		}
	case WindowTimed:
		if p.EveryNS < 1e6 || p.EveryNS > 60e9 {
			return fmt.Errorf("windows of %d ns, want between 1 ms and 60 s", p.EveryNS)
		}
	default:
		return fmt.Errorf("unknown kind of window %.40q (have: told, timed, run)", p.Window)
	}
	if len(p.Detect) == 0 || len(p.Detect) > MaxDetects {
		return fmt.Errorf("%d detections, want between 1 and %d", len(p.Detect), MaxDetects)
	}
	ends := slices.ContainsFunc(p.Detect, func(d Detect) bool { return d.Reboot })
	if ends != (p.Windows > 0) || p.Windows > MaxWindows {
		return fmt.Errorf("a boot of %d windows: it has up to %d where a detection ends it, and no limit where none does", p.Windows, MaxWindows)
	}
	var hang int64
	for _, d := range p.Detect {
		if hang = cmp.Or(hang, d.NS); d.NS != 0 && d.NS != hang {
			return fmt.Errorf("hangs of %v and of %v: want one time for all", time.Duration(hang), time.Duration(d.NS))
		}
		if err := d.check(p.Window); err != nil {
			return err
		}
	}
	return nil
}

func (d Detect) check(window WindowKind) error {
	placed := slices.Contains([]Kind{KindOops, KindWarn, KindBug, KindKASAN, KindHang, KindPanic}, d.Kind)
	switch {
	case d.Kind == "" || !slices.Contains(kinds, d.Kind):
		return fmt.Errorf("unknown kind of detection %.40q", d.Kind)
	case d.Function != "" && (!placed || !isSymbol(d.Function)):
		return fmt.Errorf("detection %s: function %.80q", d.Kind, d.Function)
	case (d.NS != 0) != (d.Kind == KindHang), d.NS < 0:
		return fmt.Errorf("detection %s: a hang, and nothing else, is told by a time: %d ns", d.Kind, d.NS)
	case d.Kind == KindHang && (d.NS < 100e6 || d.NS > 600e9):
		return fmt.Errorf("a hang of %d ns, want between 100 ms and 10 min", d.NS)
	case d.Kind == KindHang && window == WindowTimed:
		return fmt.Errorf("a program with timed windows says nothing, so that it cannot be found to hang")
	case d.Kind == KindPanic && !d.Reboot:
		return fmt.Errorf("a panic ends the boot: nothing goes on after it")
	case d.Exit != "" && (d.Kind != KindExit || !isExit(d.Exit)):
		return fmt.Errorf("detection %s: exit %.40q (want a status from 1 to 255, a signal such as SIGSEGV, or signal)", d.Kind, d.Exit)
	}
	return nil
}

func isExit(s string) bool {
	if n, err := strconv.Atoi(s); err == nil {
		return n >= 1 && n <= 255 && s == strconv.Itoa(n)
	}
	return s == "signal" || len(s) <= MaxFieldName && strings.HasPrefix(s, "SIG") && isSymbol(s)
}

// isSymbol says whether s may be a function's name in the kernel.
func isSymbol(s string) bool {
	return s != "" && len(s) <= MaxFieldValue && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '$')
	}) < 0
}

// Check refuses a Detection whose words are not what a guest may say: they come from
// programs and kernels that nobody vouches for, and go to files and terminals.
func (d Detection) Check(modes []string) error {
	switch {
	case !slices.Contains(modes, d.Mode):
		return fmt.Errorf("%w: a detection of mode %.40q", ErrMalformed, d.Mode)
	case !slices.Contains(kinds, d.Kind):
		return fmt.Errorf("%w: a detection of kind %.40q", ErrMalformed, d.Kind)
	case len(d.Text) > MaxText || !printable(d.Text):
		return fmt.Errorf("%w: a detection's text is too long or not printable: %.80q", ErrMalformed, d.Text)
	case len(d.Fields) > MaxFields:
		return fmt.Errorf("%w: a detection with %d fields", ErrMalformed, len(d.Fields))
	}
	for _, name := range slices.Sorted(maps.Keys(d.Fields)) {
		if value := d.Fields[name]; len(name) > MaxFieldName || !isSymbol(name) || len(value) > MaxFieldValue || !printable(value) {
			return fmt.Errorf("%w: a detection's field %.40q=%.80q", ErrMalformed, name, value)
		}
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// Clean makes text of at most most bytes that a Detection may hold: what cannot be
// printed becomes a question mark, and what is too long is cut.
func Clean(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text[:min(len(text), 4*most)])
	for len(text) > most {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}

// Told reads the words of a hit: those of the form K=V become fields as well, as
// far as there is room for them.
func Told(words string) (text string, fields map[string]string) {
	for _, word := range strings.Fields(words[:min(len(words), MaxArgBytes)]) {
		name, value, ok := strings.Cut(word, "=")
		if !ok || len(name) > MaxFieldName || !isSymbol(name) || len(fields) == MaxFields {
			continue
		}
		if fields == nil {
			fields = map[string]string{}
		}
		fields[name] = Clean(value, MaxFieldValue)
	}
	return Clean(strings.Join(strings.Fields(words), " "), MaxText), fields
}
