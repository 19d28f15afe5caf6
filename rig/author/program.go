// SPDX-License-Identifier: Apache-2.0

package author

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/printable"
)

// diagnostic is a line of GCC's or clang's about a place in a file.
var diagnostic = regexp.MustCompile(`^([^:\s][^:]*):(\d+):(\d+): (?:fatal )?(error|warning): (.*)$`)

// unlinked is a line of the linker's about a name that nothing defines.
var unlinked = regexp.MustCompile("undefined reference to [`'\"]([^`'\"]+)")

// noCall is what GCC says of a system call that its architecture has not: programs that
// were generated for another one name such.
var noCall = regexp.MustCompile(`^'(?:__NR|SYS)_\w+' undeclared`)

// compiler puts what the compiler says against the program to its lines.
func (c *checker) compiler(err error) error {
	var f *fault.Error
	if fault.KindOf(err) != fault.User || !errors.As(err, &f) {
		return err
	}
	errs := 0
	for line := range strings.Lines(f.Tail) {
		if m := diagnostic.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			at, _ := strconv.Atoi(m[2])
			col, _ := strconv.Atoi(m[3])
			level := Note
			if m[4] == "error" {
				level, errs = Wrong, errs+1
			}
			text := m[5]
			if noCall.MatchString(text) {
				text += "; linux has no such system call on " + c.out.Arch + ": make the one in its place, such as pipe2 for pipe"
			}
			c.add(Remark{level, c.shownPath(m[1]), at, col, printable.Line(text)})
		} else if m := unlinked.FindStringSubmatch(line); m != nil {
			errs++
			c.wrong("workload", "the program does not link: nothing defines %s", m[1])
		}
	}
	if errs == 0 {
		c.wrong("workload", "%v: %s", err, f.Tail)
	}
	return nil
}
