// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
)

// SavedMatrix is a matrix as it was saved.
type SavedMatrix struct {
	Name     string // of its folder
	Document matrix.Document
	Raw      json.RawMessage
}

// matrixFile is what a matrix folder holds.
const matrixFile = "matrix.json"

// IsMatrix says whether path is a matrix folder, or a matrix.json.
func IsMatrix(path string) bool {
	if filepath.Base(path) == matrixFile {
		return true
	}
	_, err := os.Stat(filepath.Join(path, matrixFile))
	return err == nil
}

// LoadMatrix reads a matrix folder, or the matrix.json in it.
func LoadMatrix(path string) (SavedMatrix, error) {
	op := "read the matrix " + path
	abs, err := filepath.Abs(path)
	if err != nil {
		return SavedMatrix{}, fault.Wrap(fault.User, op, err)
	}
	if filepath.Base(abs) != matrixFile {
		abs = filepath.Join(abs, matrixFile)
	}
	text, err := os.ReadFile(abs)
	if err != nil {
		kind := fault.Rig
		if errors.Is(err, fs.ErrNotExist) {
			kind = fault.User
		}
		return SavedMatrix{}, &fault.Error{Kind: kind, Op: op, Err: err, Try: "name the folder of a matrix (--out of kcovrig matrix)"}
	}
	s := SavedMatrix{Name: filepath.Base(filepath.Dir(abs)), Raw: text}
	err = Decode(text, &s.Document)
	if s.Document.Schema == firstMatrixSchema {
		s.Document.Schema = matrix.Schema
	}
	if err == nil && s.Document.Schema != matrix.Schema {
		err = fmt.Errorf("its schema is %q, not %q", s.Document.Schema, matrix.Schema)
	}
	if err == nil {
		err = s.Document.Words.Validate()
	}
	s.Document = s.Document.In(filepath.Dir(abs))
	return s, fault.Wrap(fault.User, op, err)
}

// LoadCell reads one cell's result from a matrix folder, whose run is below it. Whose fault
// an error is the caller knows.
func LoadCell(file string) (r matrix.CellResult, err error) {
	text, err := os.ReadFile(file)
	if err == nil {
		err = Decode(text, &r)
	}
	if err == nil && r.Folder != "" && !filepath.IsLocal(r.Folder) {
		err = fmt.Errorf("its run folder %q is not below the matrix's", r.Folder)
	}
	return r, err
}

// LoadMatrixParts reads the parts of a matrix and joins them, with all its cells
// where planned says which they are.
func LoadMatrixParts(paths []string, planned []matrix.Cell) (SavedMatrix, error) {
	var parts []matrix.Part
	for _, path := range paths {
		s, err := LoadMatrix(path)
		if err != nil {
			return s, err
		}
		parts = append(parts, matrix.Part{Folder: s.Name, Document: s.Document})
	}
	d, err := matrix.Join(parts, planned)
	if err != nil {
		return SavedMatrix{}, err
	}
	var text bytes.Buffer
	err = Object(&text, d)
	return SavedMatrix{Name: d.Name, Document: d, Raw: text.Bytes()}, err
}
