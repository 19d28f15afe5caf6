// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"kcovrig/rig/bisect"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// document is the report with all that is known by now; nothing in it is null
// that should be a list.
func (b *bisection) document() bisect.Report {
	r := b.report
	r.Schema, r.Version, r.Spec = bisect.Schema, b.cfg.Version, b.cfg.Spec
	r.Repository, r.Fixed, r.FirstParent, r.AtOnce = b.cfg.Spec.Tree, b.cfg.Fixed, b.rng.FirstParent, b.cfg.AtOnce
	r.Log = b.cfg.Log
	r.TermOld, r.TermNew = b.terms.Old, b.terms.New
	r.Paths = append([]string{}, b.rng.Paths...)
	r.Good, r.Bad = append([]string{}, b.rng.Old...), []string{}
	if b.rng.New != "" {
		r.Bad = append(r.Bad, b.rng.New)
	}
	if b.cfg.Fixed {
		r.Good, r.Bad = r.Bad, r.Good
	}
	r.First, r.Notes = slices.Concat([]bisect.About{}, r.First), slices.Concat([]string{}, r.Notes)
	steps := []bisect.Step{}
	if b.state != nil {
		steps = append(steps, b.state.journal.Steps...)
	}
	r.Steps = append(steps, b.report.Steps...)
	return r
}

// publish writes the report into the search's folder, and with --out a copy of
// all that belongs to it.
func (b *bisection) publish() error {
	const op = "write the report"
	r := b.document()
	var text bytes.Buffer
	if err := result.Object(&text, r.Below(b.state.dir)); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	files := result.Files{"bisect.json": text.Bytes()}
	if b.cfg.Reports.Search != nil {
		made, err := b.cfg.Reports.Search(r)
		if err != nil {
			return fault.Wrap(fault.Rig, op, err)
		}
		maps.Copy(files, made)
	}
	for name, text := range files {
		if err := disk.WriteDurably(filepath.Join(b.state.dir, name), text); err != nil {
			return fault.Wrap(fault.Rig, op, err)
		}
	}
	if b.cfg.OutDir == "" || r.Outcome == "" { // the next call is to find the place free
		return nil
	}
	return fault.Wrap(fault.Rig, op, b.copyTo(b.cfg.OutDir))
}

// copyTo puts what belongs to the search there, all of it or nothing. What was found is
// kept also where the search was interrupted.
func (b *bisection) copyTo(out string) (err error) {
	temp, err := disk.NewFolder(context.Background(), filepath.Dir(out))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, temp.Close()) }()
	for _, name := range []string{"bisect.json", "bisect.md", "bisect.log", "journal.json"} {
		text, err := os.ReadFile(filepath.Join(b.state.dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(temp.Dir, name), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	if err := os.CopyFS(filepath.Join(temp.Dir, "steps"), os.DirFS(b.state.steps())); err != nil {
		return err
	}
	if err := os.Chmod(temp.Dir, 0o755); err != nil {
		return err
	}
	return disk.Move(context.Background(), temp.Dir, out)
}

// loadResult reads a run folder.
func loadResult(folder string) (trial.Result, error) {
	saved, err := result.Load(folder)
	if err != nil {
		return trial.Result{}, fault.Wrap(fault.Rig, "read "+folder, err)
	}
	return saved.Document.Result(), nil
}

// conclude says what was found and on what grounds.
func (b *bisection) conclude(ctx context.Context, first []string) error {
	b.report.Outcome = "found"
	if len(first) > 1 {
		b.report.Outcome = "skipped"
	}
	for _, hash := range first {
		about, err := b.repo.Describe(ctx, hash, b.sources)
		if err != nil {
			return err
		}
		if b.cfg.Fixed {
			about.Fixes = "" // it is itself the repair
		}
		b.report.First = append(b.report.First, about)
	}
	log, err := b.git.Log(ctx)
	if err != nil {
		return err
	}
	b.report.GitLog = filepath.Join(b.state.dir, "bisect.log")
	if err := disk.WriteDurably(b.report.GitLog, []byte(log)); err != nil {
		return fault.Wrap(fault.Rig, "keep git bisect's log", err)
	}
	steps := b.state.journal.Steps
	b.report.Miss = bisect.MissOf(steps)
	confidence := 1 - b.report.Miss
	b.report.Confidence = &confidence
	return b.evidence(steps)
}

// evidence takes the witness and what the binaries say from the run folders of
// the tests on both sides of the change, the latest ones.
func (b *bisection) evidence(steps []bisect.Step) error {
	for _, a := range slices.Backward(steps) {
		if a.SameAs != "" || a.Folder == "" || a.Finding != trial.FindingHit && a.Finding != trial.FindingClean {
			continue
		}
		if a.Finding == trial.FindingHit && b.report.HitCode != nil || a.Finding == trial.FindingClean && b.report.CleanCode != nil {
			continue
		}
		r, err := loadResult(a.Folder)
		if err != nil {
			return err
		}
		b.report.Kernel, b.report.QEMU, b.report.Host = r.Kernel, r.QEMU, r.Host
		if len(r.Code) == 0 {
			continue
		}
		if a.Finding == trial.FindingClean {
			b.report.CleanCode = &r.Code[0]
			continue
		}
		b.report.HitCode = &r.Code[0]
		if len(r.Witnesses) > 0 {
			b.report.Witness = &r.Witnesses[0]
		}
	}
	return nil
}
