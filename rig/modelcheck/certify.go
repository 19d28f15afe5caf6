// SPDX-License-Identifier: Apache-2.0

// Package modelcheck asks herd7 whether Arm's memory model allows what was seen or
// what a kernel's code could show: of a witness, and of the ways between two
// stores. It leaves herd7 itself to herdtools, the tests' text to
// witness, and what that means for a verdict to rig/verdict.
package modelcheck

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// CertifyConfig says which witness herd7 is asked about.
type CertifyConfig struct {
	Result   trial.Result
	Number   int    // of the witness, from 1
	CacheDir string // where scripts/setup may have unpacked herdtools7
	Limit    time.Duration
}

// ArmModel is Arm's own, as herdtools7 brings it.
const ArmModel = "aarch64.cat"

// Certify makes litmus tests of a witness, and asks herd7, where it is
// installed, whether Arm's memory model allows what was seen. A witness that
// gives no test, a herd7 that is missing or takes too long are no errors: the
// certificate says so.
func Certify(ctx context.Context, c CertifyConfig) (trial.Certificate, error) {
	out := trial.Certificate{Tests: []trial.LitmusTest{}}
	w := c.Result.Witnesses[c.Number-1]
	tests, err := testsOf(c.Result, w, c.Number)
	if err != nil {
		out.Why = err.Error()
		return out, nil
	}
	out.Tests = tests
	if _, err := herdtools.Find("herd7", c.CacheDir); err != nil {
		return incomplete(out, err), nil
	}
	out.Model = ArmModel
	folder, err := disk.NewTempFolder()
	if err != nil {
		return out, fault.Wrap(fault.Rig, "ask herd7", err)
	}
	defer folder.Close()
	sources := make([]herdtools.Source, 0, len(tests))
	for _, t := range tests {
		sources = append(sources, herdtools.Source{Name: t.Name, Text: t.Text})
	}
	output, err := herdtools.Allowed(ctx, c.CacheDir, filepath.Join(folder.Dir, "herd.log"), sources, c.Limit)
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case err != nil:
		out = incomplete(out, err)
		if errors.Is(err, context.DeadlineExceeded) {
			out.Try = "a longer --herd-limit"
		}
		return out, nil
	}
	allowed, err := litmus.ParseHerdLog(bytes.NewReader(output.Log))
	if err != nil {
		return out, fault.Wrap(fault.Rig, "read what herd7 allows", err)
	}
	for i, t := range tests {
		if v, ok := allowed[t.Name]; ok {
			out.Tests[i].Allowed = trial.Sometimes
			if v.Observation == "Never" {
				out.Tests[i].Allowed = trial.Never
			}
		}
	}
	return out, nil
}

func testsOf(r trial.Result, w trial.Witness, number int) ([]trial.LitmusTest, error) {
	fixed, reader := codeOf(r, trial.Patched), readerOf(r, w.Reader)
	w, ran, err := witness.AsExecuted(w, codeOf(r, w.Variant))
	if err != nil {
		return nil, err
	}
	if w.OfProgram() {
		return witness.HitTests(number, witness.ReadHit(w))
	}
	return witness.Tests(number, witness.Read(w, ran), ran, fixed, reader)
}

// Added makes litmus tests of a result's witness, by its number from 1: as it ran, and
// with what is added to the kernel's code, where anything is; see witness.AddedTests.
func Added(r trial.Result, number int, added []trial.AlteredInstruction, isBetween witness.IsBetween) (witness.Added, error) {
	w := r.Witnesses[number-1]
	w, ran, err := witness.AsExecuted(w, codeOf(r, w.Variant))
	if err != nil {
		return witness.Added{}, err
	}
	return witness.AddedTests(number, w, ran, readerOf(r, w.Reader), added, isBetween)
}

// incomplete says why herd7 said nothing.
func incomplete(c trial.Certificate, err error) trial.Certificate {
	c.Skipped = err.Error()
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		c.Try = e.Try
	}
	return c
}

func codeOf(r trial.Result, v trial.Variant) trial.Code {
	for _, c := range r.Code {
		if c.Variant.InPair() == v.InPair() {
			return c
		}
	}
	return trial.Code{}
}

func readerOf(r trial.Result, reader trial.Reader) trial.ReaderCode {
	for _, c := range r.Readers {
		if c.Reader == reader {
			return c
		}
	}
	return trial.ReaderCode{}
}
