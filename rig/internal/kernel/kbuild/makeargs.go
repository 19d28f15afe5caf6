// SPDX-License-Identifier: Apache-2.0

package kbuild

import (
	"fmt"

	"kcovrig/rig/arch"
)

// Call is one call of kbuild.
type Call struct {
	Arch    arch.Arch
	Tool    Toolchain
	Src     string // the tree
	Out     string // the build folder
	Jobs    int
	Extra   []string // Config.MakeArgs
	Targets []string
}

// Args is make's argument list.
func (m Call) Args() []string {
	compiler, host := m.Tool.compiler(), "gcc"
	if m.Tool.llvm {
		host = "clang"
	}
	if m.Tool.Ccache {
		compiler, host = "ccache "+compiler, "ccache "+host
	}
	args := []string{
		"-C", m.Src,
		"O=" + m.Out,
		fmt.Sprintf("-j%d", m.Jobs),
		"ARCH=" + m.Arch.KernelArch,
		"CROSS_COMPILE=" + m.Tool.Prefix,
		"CC=" + compiler,
		"HOSTCC=" + host,
		// Else the version of a rustc that is there by chance would be in every
		// configuration, and so what ccache has of one machine or user no good for another.
		"RUSTC=false",
		"LOCALVERSION=",
	}
	if m.Tool.llvm {
		// Documentation/kbuild/llvm.rst; the integrated assembler is the default since 5.15.
		args = append(args, "LLVM=1", "LLVM_IAS=1")
	}
	return append(append(args, m.Extra...), m.Targets...)
}

// Env makes a build independent of when and how often it is run.
// base is the folder below which ccache writes paths relative.
func Env(base string) []string {
	return []string{
		"KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970",
		"KBUILD_BUILD_USER=kcovrig",
		"KBUILD_BUILD_HOST=kcovrig",
		"KBUILD_BUILD_VERSION=1",
		"SOURCE_DATE_EPOCH=0",
		"CCACHE_BASEDIR=" + base,
		"CCACHE_NOHASHDIR=1",
		// kbuild has the compiler write what it read: a miss needs no preprocessing of its own.
		"CCACHE_DEPEND=1",
	}
}
