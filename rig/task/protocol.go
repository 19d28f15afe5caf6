// SPDX-License-Identifier: Apache-2.0

package task

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"

	"kcovrig/guest/wire"
	"kcovrig/rig/disk"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/scenario"
)

// Protocol names what this kcovrig and a fleet's others must have in common: the
// form of tasks and of what comes back, the guest's records, and what the rig
// and the emulator exchange, and the scenarios that come with kcovrig. It is made of these, so that no change is forgotten.
// Tasks ask for it, workers offer theirs: one of another kcovrig is not given any
// that it could misread.
var Protocol = sync.OnceValue(func() string {
	between, err := weakmem.Interface()
	if err != nil {
		panic(err) // the sources are part of the program
	}
	var text strings.Builder
	fmt.Fprintf(&text, "guest %d, emulator %s\n", wire.Version, between)
	scenarios(&text)
	for _, form := range []any{portable{}, CellDone{}, Step{}, StepDone{}} {
		describe(&text, reflect.TypeOf(form), map[reflect.Type]bool{})
	}
	return disk.Sum([]byte(text.String()))[:12]
})

// scenarios writes what comes with this kcovrig, and is sent by its name alone.
func scenarios(w io.Writer) {
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		if err != nil {
			panic(err) // they are part of the program
		}
		fmt.Fprintf(w, "%s %s\n", name, s.Hash)
	}
}

// describe writes a type's form: its fields' names, in JSON too, and types.
func describe(w io.Writer, t reflect.Type, seen map[reflect.Type]bool) {
	fmt.Fprintf(w, "%s %s\n", t, t.Kind())
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Map:
		describe(w, t.Key(), seen)
		describe(w, t.Elem(), seen)
	case reflect.Array, reflect.Pointer, reflect.Slice:
		describe(w, t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				fmt.Fprintf(w, "%s %s ", f.Name, f.Tag.Get("json"))
				describe(w, f.Type, seen)
			}
		}
	}
}
