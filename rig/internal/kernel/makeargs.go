// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"

	"kcovrig/rig/arch"
)

// makeCall is one call of kbuild.
type makeCall struct {
	arch    arch.Arch
	tool    toolchain
	src     string // the tree
	out     string // the build folder
	jobs    int
	extra   []string // Config.MakeArgs
	targets []string
}

// args is make's argument list.
func (m makeCall) args() []string {
	compiler, host := m.tool.compiler(), "gcc"
	if m.tool.llvm {
		host = "clang"
	}
	if m.tool.ccache {
		compiler, host = "ccache "+compiler, "ccache "+host
	}
	args := []string{
		"-C", m.src,
		"O=" + m.out,
		fmt.Sprintf("-j%d", m.jobs),
		"ARCH=" + m.arch.KernelArch,
		"CROSS_COMPILE=" + m.tool.prefix,
		"CC=" + compiler,
		"HOSTCC=" + host,
		"LOCALVERSION=",
	}
	if m.tool.llvm {
		// Documentation/kbuild/llvm.rst; the integrated assembler is the default since 5.15.
		args = append(args, "LLVM=1", "LLVM_IAS=1")
	}
	return append(append(args, m.extra...), m.targets...)
}

// makeEnv makes a build independent of when and how often it is run.
// base is the folder below which ccache writes paths relative.
func makeEnv(base string) []string {
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
