// SPDX-License-Identifier: Apache-2.0

package objfile

import (
	"debug/dwarf"
	"errors"
	"fmt"
	"io"
	"sort"
)

// Row gives the source line of the code from Addr up to the next row.
type Row struct {
	Addr uint64
	File string
	Line int // 0: none
}

// Lines are the line tables of a program's units, by address.
type Lines []Row

// ReadLines reads the line tables of all units.
func ReadLines(d *dwarf.Data) (Lines, error) {
	var out Lines
	units := d.Reader()
	for {
		unit, err := units.Next()
		if err != nil {
			return nil, fmt.Errorf("debug information: %w", err)
		}
		if unit == nil {
			break
		}
		if err := out.add(d, unit); err != nil {
			return nil, err
		}
		units.SkipChildren()
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Addr < out[j].Addr })
	return out, nil
}

func (l *Lines) add(d *dwarf.Data, unit *dwarf.Entry) error {
	lr, err := d.LineReader(unit)
	if err != nil || lr == nil {
		return err
	}
	var le dwarf.LineEntry
	for {
		switch err := lr.Next(&le); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("line table: %w", err)
		case le.EndSequence:
			*l = append(*l, Row{Addr: le.Address})
		case le.File != nil:
			*l = append(*l, Row{Addr: le.Address, File: le.File.Name, Line: le.Line})
		}
	}
}

// At gives the source of the instruction at addr.
func (l Lines) At(addr uint64) Row {
	i := sort.Search(len(l), func(i int) bool { return l[i].Addr > addr })
	if i == 0 {
		return Row{}
	}
	return l[i-1]
}
