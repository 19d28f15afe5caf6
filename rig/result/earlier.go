// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The schemas of version 1.
const (
	firstSchema       = "kcovrig.result/1"
	firstMatrixSchema = "kcovrig.matrix/1"
)

// counted are the members that version 1 named after stale reads and entries, with
// what they are called since.
var counted = map[string]string{
	"staleWindows": "hitWindows", "staleBlocks": "hitBlocks", "staleEntries": "hitUnits",
	"entries": "units", "copies": "writes", "firstStaleNS": "firstHitNS",
}

// renamed are version 1's members that have another name since, by the member
// whose value, or whose list, holds the object that they stand in; "": the document.
var renamed = map[string]map[string]string{
	"arms":       counted,
	"tallies":    counted,
	"series":     {"staleWindows": "hitWindows"},
	"detections": {"staleNS": "lastedNS"},
	"detection":  {"staleNS": "lastedNS"},
	"modes":      {"staleLower": "hitLower"},
	"":           {"staleLower": "hitLower", "staleCode": "hitCode"},
}

// Decode reads a document of any version, or a part of one. Those of version 1 had
// members with the names of one bug; values, among them the schema, are as they were.
func Decode(text []byte, into any) error {
	now, err := current(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(now, into)
}

// current is the document with its members called as they are now.
func current(text []byte) ([]byte, error) {
	if !bytes.Contains(text, []byte(`"stale`)) {
		return text, nil // nothing of version 1 that counts is without one
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	w := rewriter{in: in}
	if err := w.all(); err != nil {
		return nil, err
	}
	return w.out.Bytes(), nil
}

// rewriter copies JSON, token by token, and renames members.
type rewriter struct {
	in   *json.Decoder
	out  bytes.Buffer
	open []opened
}

// opened is an object or a list that has not ended.
type opened struct {
	list   bool
	within string // the member whose value it is, or whose list holds it
	member string // of an object: the one whose value comes next
	parts  int    // keys and values so far
}

func (w *rewriter) all() error {
	for {
		token, err := w.in.Token()
		if errors.Is(err, io.EOF) && len(w.open) == 0 {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if err := w.add(token); err != nil {
			return err
		}
	}
}

func (w *rewriter) add(token json.Token) error {
	delim, _ := token.(json.Delim)
	if delim == '}' || delim == ']' {
		w.out.WriteString(delim.String())
		w.open = w.open[:len(w.open)-1]
		return nil
	}
	within, isKey := w.before()
	switch {
	case delim != 0:
		w.out.WriteString(delim.String())
		w.open = append(w.open, opened{list: delim == '[', within: within})
		return nil
	case isKey:
		return w.key(token)
	}
	return w.write(token)
}

// before writes what parts a token from the one before it, and says of what member
// it is a value, or whether it is the name of one itself.
func (w *rewriter) before() (within string, isKey bool) {
	if len(w.open) == 0 {
		return "", false
	}
	top := &w.open[len(w.open)-1]
	isKey = !top.list && top.parts%2 == 0
	switch {
	case !top.list && !isKey:
		w.out.WriteByte(':')
	case top.parts > 0:
		w.out.WriteByte(',')
	}
	top.parts++
	if top.list {
		return top.within, false
	}
	return top.member, isKey
}

func (w *rewriter) key(token json.Token) error {
	name, ok := token.(string)
	if !ok {
		return fmt.Errorf("%v is no name of a member", token)
	}
	top := &w.open[len(w.open)-1]
	top.member = name
	if now, ok := renamed[top.within][name]; ok {
		name = now
	}
	return w.write(name)
}

func (w *rewriter) write(value any) error {
	text, err := json.Marshal(value)
	w.out.Write(text)
	return err
}
