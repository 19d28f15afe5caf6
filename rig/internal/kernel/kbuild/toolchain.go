// SPDX-License-Identifier: Apache-2.0

package kbuild

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// buildTools are what kbuild calls besides the compiler, with Debian's packages.
var buildTools = map[string]string{
	"make": "make", "gcc": "gcc", "flex": "flex", "bison": "bison", "bc": "bc", "perl": "perl", "cp": "coreutils", "sh": "dash",
}

// Toolchain is what compiles for one architecture.
type Toolchain struct {
	Prefix   string // CROSS_COMPILE: clang takes its target from it
	llvm     bool   // clang and LLVM's tools instead of GNU's
	Ccache   bool
	Identity string // compiler and linker, as they name themselves
}

// llvmPackages are Debian's for LLVM=1.
var llvmPackages = []string{"clang", "lld", "llvm"}

// compiler is the C compiler's program.
func (tc Toolchain) compiler() string {
	if tc.llvm {
		return "clang" // one program for all targets
	}
	return tc.Prefix + "gcc"
}

// linker is the linker's program.
func (tc Toolchain) linker() string {
	if tc.llvm {
		return "ld.lld"
	}
	return tc.Prefix + "ld"
}

// Programs are what a build calls by name, as far as they are known here.
func Programs(tc Toolchain) []string {
	all := append(slices.Sorted(maps.Keys(buildTools)), tc.compiler(), tc.linker())
	if tc.Ccache {
		all = append(all, "ccache")
	}
	return all
}

// FindToolchain asks the compiler and the linker who they are.
func FindToolchain(ctx context.Context, a arch.Arch, kind string) (Toolchain, error) {
	tc := Toolchain{llvm: kind == arch.Clang}
	packages := a.Packages
	if runtime.GOARCH == a.GOARCH {
		packages = []string{"gcc", "binutils"}
	} else {
		tc.Prefix = a.CrossCompile
	}
	programs := []string{tc.compiler(), tc.linker()}
	if tc.llvm {
		packages = llvmPackages
		programs = append(programs, "llvm-ar") // of LLVM's other tools, to see that they are there
	}
	var names []string
	for _, program := range programs {
		res, err := proc.Run(ctx, proc.Command{Path: program, Args: []string{"--version"},
			Kind: fault.Rig, Op: "ask " + program + " for its version"})
		if ctx.Err() != nil {
			return tc, err // it may be there all the same
		}
		if err != nil {
			return tc, withAdvice(err, "apt-get install "+strings.Join(packages, " "))
		}
		first, _, _ := strings.Cut(string(res.Stdout), "\n")
		names = append(names, first)
	}
	tc.Identity = strings.Join(names[:2], "; ")
	_, err := proc.LookPath("ccache")
	tc.Ccache = err == nil
	return tc, nil
}

// CheckTools says which of kbuild's tools is missing.
func CheckTools() error {
	var missing []string
	for tool, pkg := range buildTools {
		if _, err := proc.LookPath(tool); err != nil {
			missing = append(missing, pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Rig, Op: "look for the kernel's build tools",
		Err: errors.New("missing: " + strings.Join(missing, ", ")), Try: "apt-get install " + strings.Join(missing, " ")}
}

func withAdvice(err error, try string) error {
	if fe := (*fault.Error)(nil); errors.As(err, &fe) {
		out := *fe
		out.Try = try
		return &out
	}
	return err
}
