// SPDX-License-Identifier: Apache-2.0

package author

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"kcovrig/rig/fault"
	"kcovrig/rig/printable"
	"kcovrig/rig/yamlfile"
)

// member is an entry of a list of the file's.
func member(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// add puts remarks to the others.
func (c *checker) add(more ...Remark) { c.out.Remarks = append(c.out.Remarks, more...) }

func (c *checker) skip(what string) { c.out.Skipped = append(c.out.Skipped, what) }

// wrong adds what is wrong with a member of the file; where the file has it not, with
// the nearest one above it that it has.
func (c *checker) wrong(where, format string, args ...any) {
	c.find(Wrong, where, fmt.Sprintf(format, args...))
}

func (c *checker) find(level Level, where, text string) {
	at := yamlfile.PlaceIn(c.places, where)
	c.add(Remark{level, c.out.File, at.Line, at.Column, printable.Line(text)})
}

// shownPath is the path of a file of the scenario, for people.
func (c *checker) shownPath(name string) string {
	if c.s.Shipped || filepath.IsAbs(name) {
		return name // from the repository's root; or none of the scenario's
	}
	return filepath.Join(filepath.Dir(c.out.File), name)
}

// ofSymbol is where the scenario's configuration sets a symbol; ok is false where it
// does not.
func (c *checker) ofSymbol(name string) (f Remark, ok bool) {
	file, text, from := c.out.File, c.text, c.places["config"].Line
	var own struct{ Config struct{ File string } }
	if yaml.Unmarshal(c.text, &own) == nil && own.Config.File != "" { // else it is in the file itself
		file, text, from = c.shownPath(own.Config.File), c.s.Text(own.Config.File), 1
	}
	if from == 0 {
		return Remark{}, false
	}
	set := regexp.MustCompile(regexp.QuoteMeta(name) + `(?:=| is not set)`)
	for i, line := range bytes.Split(text, []byte("\n")) {
		if found := set.FindIndex(line); found != nil && i+1 >= from {
			return Remark{File: file, Line: i + 1, Col: found[0] + 1}, true
		}
	}
	return Remark{}, false
}

// list is names for a sentence.
func list(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	const most = 6
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// wrongAt adds an error about a member of the file. One that is not the user's or the
// kernel's is none of the scenario's, and returned.
func (c *checker) wrongAt(where string, err error) error {
	if err == nil {
		return nil
	}
	switch kind, try := fault.KindOf(err), fault.TryOf(err); {
	case kind != fault.User && kind != fault.Kernel || errors.Is(err, context.Canceled):
		return err
	case try != "":
		c.wrong(where, "%v (try: %s)", err, try)
	default:
		c.wrong(where, "%v", err)
	}
	return nil
}
