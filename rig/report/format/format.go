// SPDX-License-Identifier: Apache-2.0

// Package format is the one way in which reports are asked for: what forms there
// are, and a table of the writers of a kind of thing. The writing itself it leaves
// to the reports.
package format

import (
	"errors"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/printable"
)

// Format is the form of a report; the zero value is none.
type Format string

const (
	Text     Format = "text"
	JSON     Format = "json"
	JUnit    Format = "junit"
	Markdown Format = "markdown"
	HTML     Format = "html"
	Line     Format = "line"   // a sentence alone, for --quiet
	GitHub   Format = "github" // the matrix of a GitHub Actions job
)

// Of is JSON or Text, as a flag --json says.
func Of(json bool) Format {
	if json {
		return JSON
	}
	return Text
}

// Writer writes a kind of thing in one format: the same bytes for the same thing.
type Writer[T any] struct {
	Format Format
	Write  func(io.Writer, T) error
}

// Writers are all those of a kind, in the order in which they are listed.
type Writers[T any] []Writer[T]

// forPeople are the formats in which a text from elsewhere could do something to who
// reads it: an escape sequence to a terminal, a bidirectional override to a page.
var forPeople = []Format{Text, Markdown, HTML, Line}

// Render writes value, for people without what does something on a terminal or turns a
// line around. A format that the kind does not have is the user's fault.
func (all Writers[T]) Render(w io.Writer, f Format, value T) error {
	for _, one := range all {
		if one.Format == f {
			return fault.Wrap(fault.Rig, "write the report", one.render(w, value))
		}
	}
	return all.unknown(string(f))
}

func (one Writer[T]) render(w io.Writer, value T) error {
	if !slices.Contains(forPeople, one.Format) {
		return one.Write(w, value)
	}
	var b strings.Builder
	if err := one.Write(&b, value); err != nil {
		return err
	}
	_, err := io.WriteString(w, printable.Lines(b.String()))
	return err
}

// Save makes the file that a user named, whole as soon as it has its name. A place
// where none can be is the user's fault.
func Save(path string, text []byte) (err error) {
	op := "write the report " + path
	pending, err := disk.NewPending(path)
	if err != nil {
		return fault.Wrap(fault.User, op, err)
	}
	defer func() { err = errors.Join(err, pending.Drop()) }()
	if _, err = pending.Write(text); err == nil {
		err = pending.Place(0o644)
	}
	return fault.Wrap(fault.Rig, op, err)
}

// Parse is the format that a user named; one that the kind does not have is the
// user's fault.
func (all Writers[T]) Parse(name string) (Format, error) {
	if !slices.Contains(all.Names(), name) {
		return "", all.unknown(name)
	}
	return Format(name), nil
}

func (all Writers[T]) unknown(name string) error {
	return fault.Newf(fault.User, "", "--format: no format %q (have: %s)", name, strings.Join(all.Names(), ", "))
}

// Names lists the formats that a user can ask for.
func (all Writers[T]) Names() []string {
	var names []string
	for _, one := range all {
		if one.Format != Line {
			names = append(names, string(one.Format))
		}
	}
	return names
}
