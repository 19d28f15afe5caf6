// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
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
	var doc any
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if err := in.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return json.Marshal(renamedIn("", doc))
}

// renamedIn is a value with its members renamed; within is the member whose value it
// is, or whose list holds it.
func renamedIn(within string, value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = renamedIn(within, v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, of := range v {
			out[cmp.Or(renamed[within][name], name)] = renamedIn(name, of)
		}
		return out
	}
	return value
}
