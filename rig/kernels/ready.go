// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// Ready is what is booted, ready as files. Whoever has it needs neither a kernel
// tree nor a compiler for one.
type Ready struct {
	Kernels      []ReadyKernel
	SameCode     trial.Sameness    `json:",omitempty"`
	Archive      initramfs.Archive // its two files
	SentEmulator *weakmem.Bundle   `json:"Emulator"` // nil: none is used
	Scenario     string            // path of it, packed; empty: it comes with the rig
}

// ReadyKernel is one kernel, and what its binary says. Of its files the image
// and the analysis' listing are read, the latter where it is named, the patch and the binary.
type ReadyKernel struct {
	Image    Image
	Analysis Analysis
	Patch    string // path of the patch that made it; empty: none did
	Vmlinux  string `json:",omitempty"` // path of its binary; empty: nothing is looked up there
}

// Open is an Opener that hands out what is ready.
func (r Ready) Open(context.Context, Config) (Source, error) { return readySource{r}, nil }

func (r Ready) kernel(v trial.Variant) (ReadyKernel, error) {
	for _, k := range r.Kernels {
		if k.Image.Built.Variant == v {
			return k, nil
		}
	}
	return ReadyKernel{}, fault.Newf(fault.Rig, "take the kernels that are ready", "the %s one is not among them", v)
}

// readySource hands out kernels that are built.
type readySource struct{ ready Ready }

func (s readySource) Check(_ context.Context, v trial.Variant) error {
	_, err := s.ready.kernel(v)
	return err
}

func (s readySource) Build(_ context.Context, v trial.Variant) (Image, error) {
	k, err := s.ready.kernel(v)
	b := &k.Image.Built
	b.Cached, b.CPUNS, b.WallNS, k.Image.Vmlinux = true, 0, 0, k.Vmlinux
	if err == nil && k.Patch != "" {
		var text []byte
		text, err = os.ReadFile(k.Patch)
		k.Image.PatchText, err = string(text), fault.Wrap(fault.Rig, "read the patch", err)
	}
	return k.Image, err
}

func (s readySource) Analyse(_ context.Context, image Image, dir string) (Analysis, error) {
	k, err := s.ready.kernel(image.Built.Variant)
	if err != nil || k.Analysis.Code.Listing == "" {
		return k.Analysis, err
	}
	listing := filepath.Join(dir, ListingFile)
	text, err := os.ReadFile(k.Analysis.Code.Listing)
	if err == nil {
		err = errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(listing, text, 0o644))
	}
	k.Analysis.Code.Listing = listing
	return k.Analysis, fault.Wrap(fault.Rig, "write the disassembly", err)
}

func (s readySource) SameCode(Image, Image, []string) (trial.Sameness, error) {
	if s.ready.SameCode == "" {
		return "", fault.Newf(fault.Rig, "compare the kernels' code", "it was not compared when they were built")
	}
	return s.ready.SameCode, nil
}

func (readySource) Close() error { return nil }
