// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxLine is the longest line, newline included, that either side sends or
// takes, in bytes. A Done of a dozen modes is below 4 KiB.
const MaxLine = 64 << 10

// Errors of a stream that is not the protocol's.
var (
	ErrLineTooLong = errors.New("record longer than the protocol allows")
	ErrMalformed   = errors.New("malformed record")
	ErrVersion     = errors.New("protocol version mismatch")
)

// Check refuses a Hello of another protocol version, or one that says nothing.
func (h Hello) Check() error {
	if h.Version != Version {
		return fmt.Errorf("%w: guest speaks %d, host %d", ErrVersion, h.Version, Version)
	}
	if h.CPUs < 1 || h.Kernel == "" || h.Arch == "" {
		return fmt.Errorf("%w: hello without kernel, arch or cpus", ErrMalformed)
	}
	return nil
}

// Error makes a Fault usable as the error it reports.
func (f *Fault) Error() string { return f.Op + ": " + f.Message }

// The values of Fault.Whose.
const (
	WhoseKernel = "kernel"
	WhoseGuest  = "guest"
	WhoseRig    = "rig"
)

// Faultf makes a Fault; format is fmt.Sprintf's.
func Faultf(whose, op, format string, args ...any) *Fault {
	return &Fault{Whose: whose, Op: op, Message: fmt.Sprintf(format, args...)}
}

// Encoder writes records, each with one Write call of one whole line.
// It is not safe for concurrent use.
type Encoder struct{ w io.Writer }

// NewEncoder returns an Encoder on w, which stays the caller's to close.
func NewEncoder(w io.Writer) *Encoder { return &Encoder{w: w} }

// Encode writes r. It refuses records that a Decoder would refuse.
func (e *Encoder) Encode(r Record) error {
	if n := r.members(); n != 1 {
		return fmt.Errorf("%w: %d members set, want 1", ErrMalformed, n)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	if len(line)+1 > MaxLine {
		return fmt.Errorf("%w: %d bytes", ErrLineTooLong, len(line)+1)
	}
	if _, err := e.w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

// Decoder reads records. It is not safe for concurrent use.
type Decoder struct{ r *bufio.Reader }

// NewDecoder returns a Decoder on r, which stays the caller's to close. It may
// read ahead of the last record returned.
func NewDecoder(r io.Reader) *Decoder {
	return &Decoder{r: bufio.NewReaderSize(r, MaxLine)}
}

// Decode returns the next record. At the end of the stream it returns io.EOF,
// and io.ErrUnexpectedEOF where that cuts a line; whether a Done came before is
// the caller's to check. Unknown members are refused: both sides are built
// together.
func (d *Decoder) Decode() (Record, error) {
	line, err := d.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return Record{}, fmt.Errorf("%w: over %d bytes", ErrLineTooLong, MaxLine)
	case errors.Is(err, io.EOF) && len(line) > 0:
		return Record{}, fmt.Errorf("record cut after %d bytes: %w", len(line), io.ErrUnexpectedEOF)
	case err != nil:
		return Record{}, err
	}
	var r Record
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("%w: %w in %.80q", ErrMalformed, err, line)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Record{}, fmt.Errorf("%w: more than one value on a line: %.80q", ErrMalformed, line)
	}
	if n := r.members(); n != 1 {
		return Record{}, fmt.Errorf("%w: %d members set in %.80q", ErrMalformed, n, line)
	}
	return r, nil
}

func (r Record) members() int {
	n := 0
	for _, set := range [...]bool{
		r.Hello != nil, r.Start != nil, r.Progress != nil, r.Detection != nil, r.Litmus != nil,
		r.Stop != nil, r.Fault != nil, r.Done != nil,
	} {
		if set {
			n++
		}
	}
	return n
}
