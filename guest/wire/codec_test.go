// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func samples() []Record {
	return []Record{
		{Hello: &Hello{Version: Version, Kernel: "6.12.0", Arch: "arm64", CPUs: 2, UptimeNS: 1, Workloads: []string{"kcov"}}},
		{Start: &Start{Workload: "kcov", Modes: []string{"pc", "cmp"}, Reader: "acquire", Seed: ^uint64(0), BlockSize: 3, Detections: 4, ProgressNS: 5}},
		{Progress: &Progress{ElapsedNS: 7, Tallies: []Tally{{Mode: "pc", Windows: 8}}}},
		{Detection: &Detection{Mode: "cmp", Seen: 0x5ca1ab1e00000001, Later: 0xffff800080000000}},
		{Start: &Start{Workload: "program", Modes: []string{""}, Program: &Program{Args: []string{"a"}, Detect: []Detect{{Kind: KindOops, Function: "f"}}, Window: WindowTold}}},
		{Detection: &Detection{Kind: KindTold, Text: "lost", Fields: map[string]string{"at": "7"}}},
		{Litmus: &LitmusResult{Name: "MP", End: LitmusHung, States: map[string]uint64{"1:X0=1;": 2}, Message: "m", Tail: "t"}},
		{Stop: &Stop{}},
		{Fault: Faultf(WhoseRig, "op", "%d", 9)},
		{Done: &Done{ElapsedNS: 10, Tallies: []Tally{{Mode: "pc"}}}},
	}
}

func TestRoundTrip(t *testing.T) {
	var stream bytes.Buffer
	enc := NewEncoder(&stream)
	for _, r := range samples() {
		require.NoError(t, enc.Encode(r))
	}
	dec := NewDecoder(&stream)
	for _, want := range samples() {
		got, err := dec.Decode()
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := dec.Decode()
	assert.Equal(t, io.EOF, err)
}

// One Write per record: the port's deadline is set per Write.
func TestEncodeWritesWholeLines(t *testing.T) {
	var w countingWriter
	for _, r := range samples() {
		require.NoError(t, NewEncoder(&w).Encode(r))
	}
	assert.Equal(t, len(samples()), w.writes)
}

type countingWriter struct{ writes int }

func (w *countingWriter) Write(b []byte) (int, error) {
	if !bytes.HasSuffix(b, []byte("\n")) {
		return 0, errors.New("no whole line")
	}
	w.writes++
	return len(b), nil
}

func TestEncodeRefuses(t *testing.T) {
	enc := NewEncoder(io.Discard)
	assert.ErrorIs(t, enc.Encode(Record{}), ErrMalformed)
	assert.ErrorIs(t, enc.Encode(Record{Stop: &Stop{}, Done: &Done{}}), ErrMalformed)
	assert.ErrorIs(t, enc.Encode(Record{Fault: Faultf(WhoseGuest, "op", "%s", strings.Repeat("x", MaxLine))}), ErrLineTooLong)
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   error
	}{
		"cut line":       {`{"stop":{}}`, io.ErrUnexpectedEOF},
		"no member":      {"{}\n", ErrMalformed},
		"null member":    {`{"stop":null}` + "\n", ErrMalformed},
		"two members":    {`{"stop":{},"done":{}}` + "\n", ErrMalformed},
		"unknown member": {`{"halt":{}}` + "\n", ErrMalformed},
		"two values":     {`{"stop":{}}{"stop":{}}` + "\n", ErrMalformed},
		"no json":        {"kcovrig: hello\n", ErrMalformed},
		"empty line":     {"\n", ErrMalformed},
		"endless line":   {strings.Repeat("x", 2*MaxLine), ErrLineTooLong},
		"long line":      {`{"fault":{"op":"` + strings.Repeat("x", MaxLine) + "\"}}\n", ErrLineTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewDecoder(strings.NewReader(c.stream)).Decode()
			assert.ErrorIs(t, err, c.want)
		})
	}
}

func TestLongestLinePasses(t *testing.T) {
	frame := `{"fault":{"whose":"","op":"","message":""}}`
	message := strings.Repeat("x", MaxLine-len(frame)-1)
	var stream bytes.Buffer
	require.NoError(t, NewEncoder(&stream).Encode(Record{Fault: &Fault{Message: message}}))
	require.Equal(t, MaxLine, stream.Len())
	r, err := NewDecoder(&stream).Decode()
	require.NoError(t, err)
	assert.Equal(t, message, r.Fault.Message)
}

func TestHelloCheck(t *testing.T) {
	good := *samples()[0].Hello
	assert.NoError(t, good.Check())
	for _, v := range []int{0, Version + 1} {
		h := good
		h.Version = v
		assert.ErrorIs(t, h.Check(), ErrVersion)
	}
	assert.ErrorIs(t, Hello{Version: Version}.Check(), ErrMalformed)
}

func FuzzDecode(f *testing.F) {
	for _, r := range samples() {
		var b bytes.Buffer
		require.NoError(f, NewEncoder(&b).Encode(r))
		f.Add(b.Bytes())
	}
	f.Add([]byte("{}\n\n{\"stop\":{}}"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		dec := NewDecoder(bytes.NewReader(stream))
		for {
			r, err := dec.Decode()
			if err != nil {
				return // every error ends the stream
			}
			// What decodes can be sent on, and comes back the same.
			var again bytes.Buffer
			if err := NewEncoder(&again).Encode(r); err != nil {
				require.ErrorIs(t, err, ErrLineTooLong) // escaping may lengthen it
				continue
			}
			got, err := NewDecoder(&again).Decode()
			require.NoError(t, err)
			require.Equal(t, r, got)
		}
	})
}
