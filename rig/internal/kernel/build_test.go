// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/trial"
)

// fakeMake stands for kbuild: it notes each call, and "compiles" by copying
// the source. A file fail beside its bin folder makes it fail, one named hang hang.
const fakeMake = `#!/bin/sh
FAKE=$(dirname "$(dirname "$0")")
case " $GNUMAKEFLAGS" in *\ -*n*) exit 0 ;; esac
[ -n "$LLVM" ] && { echo "LLVM in the environment"; exit 2; }
[ -n "$KBUILD_EXTMOD" ] && { echo "make: *** No rule to make target"; exit 2; }
for w; do
	case $w in O=*) out=${w#O=} ;; esac
	last=$w
done
src=$2
echo "$last" >>"$FAKE/calls"
realpath --relative-to="$out" "$src" >>"$FAKE/sources"
env >"$FAKE/environment"
[ -e "$FAKE/deaf" ] && trap '' TERM
[ -e "$FAKE/hang" ] && { touch "$FAKE/hanging"; sleep 1000; }
case $last in
allnoconfig) cp "$KCONFIG_ALLCONFIG" "$out/.config"; exit 0 ;;
olddefconfig) exit 0 ;;
esac
[ -e "$FAKE/fail" ] && { cat "$FAKE/fail"; echo "make: *** [all] Error 2"; exit 2; }
cmd=$out/kernel/.ring.o.cmd
[ -e "$cmd" ] && echo reused >>"$FAKE/calls"
mkdir -p "$out/kernel" "$out/arch/arm64/boot"
[ -e "$cmd" ] && [ ! "$src/kernel/ring.c" -nt "$cmd" ] && echo stale >>"$FAKE/calls"
echo "  CC      kernel/ring.o"
cp "$src/kernel/ring.c" "$out/kernel/ring.o"
cp "$src/kernel/ring.c" "$out/vmlinux"
cp "$src/kernel/ring.c" "$out/arch/arm64/boot/Image"
echo "savedcmd_kernel/ring.o := sh $FAKE/compile -Wp,-MMD,x.d -c -o kernel/ring.o $src/kernel/ring.c ; objtool" >"$cmd"
`

// fakeRig makes a tree, a cache and tools that only look like a kernel's.
func fakeRig(t *testing.T) (Config, string) {
	t.Helper()
	fake := t.TempDir()
	write := func(path, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	}
	for _, tool := range []string{"gcc", "ld", "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ld", "flex", "bison", "bc", "perl"} {
		write(filepath.Join(fake, "bin", tool), "#!/bin/sh\necho "+tool+" 12.2\n")
	}
	write(filepath.Join(fake, "bin", "make"), fakeMake)
	write(filepath.Join(fake, "compile"), "echo \"$1\" >\"$4\"\n")
	t.Setenv("PATH", filepath.Join(fake, "bin")+":"+os.Getenv("PATH"))
	tree := filepath.Join(fake, "linux")
	write(filepath.Join(tree, "Makefile"), "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\n")
	write(filepath.Join(tree, "Kconfig"), "")
	write(filepath.Join(tree, "Kbuild"), "")
	write(filepath.Join(tree, "arch/arm64/Kconfig"), "")
	write(filepath.Join(tree, "kernel/ring.c"), ringSource(t, 9))
	c := ringConfig()
	a, err := arch.Lookup("arm64")
	require.NoError(t, err)
	c.Arch, c.Tree, c.CacheDir, c.Jobs = a, tree, filepath.Join(fake, "cache"), 2
	c.Series = fixedBy(ringFix("as-posted"), ringFix("as-merged"))
	c.Fragments = []kbuild.Fragment{{Name: "all", Text: "CONFIG_RING=y\nCONFIG_NET=n\n"}}
	return c, fake
}

func calls(t *testing.T, fake string) string {
	t.Helper()
	text, _ := os.ReadFile(filepath.Join(fake, "calls"))
	return strings.Join(strings.Fields(string(text)), " ")
}

func openTree(t *testing.T, c Config) *Tree {
	t.Helper()
	tree, err := Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

// Neither a fault of the kernel's nor wrong usage: the tree is not what the bug is in.
func TestATreeThatTheBugIsNotInDoesNotApply(t *testing.T) {
	later, err := kernelversion.Parse(">=6.13")
	require.NoError(t, err)
	for _, v := range []trial.Variant{trial.Patched, trial.AsIs} {
		c, _ := fakeRig(t)
		c.Versions = later
		err := openTree(t, c).Check(t.Context(), v)
		require.NotNil(t, trial.Inapplicable(err))
		require.ErrorContains(t, err, "the scenario is for kernels >=6.13, and "+c.Tree+" is 6.12.3")
		c.Versions = kernelversion.Range{}
		require.NoError(t, openTree(t, c).Check(t.Context(), v))
		c.Series = fixedBy(lineFix("net/none.c", "old", "fixed"))
		err = openTree(t, c).Check(t.Context(), v)
		require.NotNil(t, trial.Inapplicable(err))
		require.ErrorContains(t, err, "net/none.c")
	}
}

func TestBothVariantsFromOneTree(t *testing.T) {
	c, fake := fakeRig(t)
	var steps []Step
	c.Step = func(s Step) { steps = append(steps, s) }
	user := snapshot(t, c.Tree)
	tree := openTree(t, c)
	require.Equal(t, "6.12.3", tree.Version)
	off, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	on, err := tree.Image(t.Context(), trial.Patched)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image Image reused", calls(t, fake), "the second variant starts from the first's folder")
	require.NotEqual(t, off.Built.Key, on.Built.Key)
	require.Equal(t, []Step{{Count: 1, Doing: "CC kernel/ring.o"}, {Count: 1, Doing: "CC kernel/ring.o"}}, steps)
	require.Equal(t, Step{Before: 1, Version: "6.12.3"}, tree.newSteps(false).now, "the first is the measure of the next whole build")
	for img, want := range map[*Image]bool{&off: false, &on: true} {
		require.False(t, img.Built.Cached)
		for _, path := range []string{img.Built.Path, img.Vmlinux, img.Objects[0].Path, img.Objects[0].Source} {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, want, strings.Contains(string(text), "smp_wmb();"), path)
		}
		text, err := os.ReadFile(img.Objects[0].Debug)
		require.NoError(t, err)
		require.Equal(t, "-g\n", string(text))
	}
	require.NoError(t, tree.Close())

	again := openTree(t, c)
	for _, v := range []trial.Variant{trial.Patched, trial.Unpatched} {
		img, err := again.Image(t.Context(), v)
		require.NoError(t, err)
		require.True(t, img.Built.Cached)
		require.Zero(t, img.Built.CPUNS)
	}
	require.Equal(t, "allnoconfig olddefconfig Image Image reused", calls(t, fake), "nothing is built twice")
	require.Equal(t, user, snapshot(t, c.Tree), "the user's tree")
}

func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		info, infoErr := d.Info()
		require.NoError(t, errors.Join(err, infoErr))
		fmt.Fprintln(&all, path, info.Mode(), info.Size(), info.ModTime())
		return nil
	}))
	return all.String()
}

func TestWhatTheKeyDependsOn(t *testing.T) {
	c, fake := fakeRig(t)
	key := func(c Config) string {
		img, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
		require.NoError(t, err)
		return img.Built.Key
	}
	base := key(c)
	require.Equal(t, base, key(c))
	keys := map[string]string{base: "base"}
	differs := func(what string, c Config) {
		k := key(c)
		require.Empty(t, keys[k], "%s does not show in the key", what)
		keys[k] = what
	}
	d := c
	d.MakeArgs = []string{"V=1"}
	differs("make arguments", d)
	d = c
	d.Fragments = []kbuild.Fragment{{Name: "all", Text: "CONFIG_RING=y\n"}}
	differs("config", d)
	require.NoError(t, os.WriteFile(filepath.Join(c.Tree, "kernel/new.h"), []byte("x"), 0o644))
	differs("a new file", c)
	require.NoError(t, os.WriteFile(filepath.Join(c.Tree, "kernel/new.h"), []byte("y"), 0o644))
	differs("an edit of the same size", c)
	require.NoError(t, os.WriteFile(filepath.Join(fake, "bin/aarch64-linux-gnu-gcc"), []byte("#!/bin/sh\necho gcc 13\n"), 0o755))
	differs("compiler", c)
}

func TestAnotherPatchIsAnotherKernel(t *testing.T) {
	c, fake := fakeRig(t)
	c.Patches = []string{filepath.Join(fake, "own.patch")}
	keys := map[string]bool{}
	for _, barrier := range []string{"barrier", "smp_rmb"} {
		require.NoError(t, os.WriteFile(c.Patches[0], []byte(ownFix(barrier)), 0o644))
		img, err := openTree(t, c).Image(t.Context(), trial.Patched)
		require.NoError(t, err)
		text, err := os.ReadFile(img.Built.Path)
		require.NoError(t, err)
		require.Contains(t, string(text), barrier+"();")
		keys[img.Built.Key] = true
	}
	require.Len(t, keys, 2)
}

func TestTwoRigsBuildOnce(t *testing.T) {
	c, fake := fakeRig(t)
	var work sync.WaitGroup
	images := make([]Image, 4)
	for i := range images {
		work.Go(func() {
			tree, err := Open(t.Context(), c)
			if err != nil {
				t.Error(err)
				return
			}
			defer tree.Close()
			if images[i], err = tree.Image(t.Context(), trial.Pair()[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	require.Equal(t, images[0].Built.Key, images[2].Built.Key)
	require.Equal(t, images[1].Built.Key, images[3].Built.Key)
	require.Equal(t, 2, strings.Count(calls(t, fake), "Image"))
	for i, img := range images {
		text, err := os.ReadFile(img.Built.Path)
		require.NoError(t, err)
		require.Equal(t, trial.Pair()[i%2] == trial.Patched, strings.Contains(string(text), "smp_wmb();"))
	}
}

func TestAnInterruptedBuildLeavesNothing(t *testing.T) {
	c, fake := fakeRig(t)
	tree := openTree(t, c)
	require.NoError(t, os.WriteFile(filepath.Join(fake, "hang"), nil, 0o644))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for !store.Exists(filepath.Join(fake, "hanging")) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err := tree.Image(ctx, trial.Patched)
	require.ErrorIs(t, err, context.Canceled)
	left, _ := filepath.Glob(filepath.Join(tree.store.Tree(tree.Hash), ".kcovrig-*"))
	require.Empty(t, left)
	left, _ = filepath.Glob(filepath.Join(c.CacheDir, "builds", "*"))
	require.Empty(t, left)
	require.NoError(t, os.Remove(filepath.Join(fake, "hang")))
	img, err := tree.Image(t.Context(), trial.Patched)
	require.NoError(t, err)
	require.FileExists(t, img.Built.Path)
}

func TestWhatAKilledRigLeftIsNotTaken(t *testing.T) {
	c, _ := fakeRig(t)
	tree := openTree(t, c)
	j, err := tree.plan(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	half := filepath.Join(tree.store.Build(j.key), "out")
	stale := filepath.Join(tree.store.Tree(tree.Hash), ".kcovrig-new-dead", "entry")
	for _, dir := range []string{half, stale} {
		require.NoError(t, os.MkdirAll(dir, 0o755))
	}
	img, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	require.False(t, img.Built.Cached)
	require.FileExists(t, img.Built.Path)
	require.NoDirExists(t, filepath.Dir(stale))
}

// The disk may be full for make's output before it is for what make writes.
func TestOutputThatHasNoRoomIsAFullDisk(t *testing.T) {
	err := buildFailure(fault.Newf(fault.Rig, "build linux", "keep the output: %w", unix.ENOSPC), filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "the disk is full")
	require.Equal(t, fault.Rig, fault.KindOf(err))
}

func TestBuildFailures(t *testing.T) {
	for name, c := range map[string]struct {
		output, tail string
		kind         fault.Kind
	}{
		"compiler":  {"  CC x.o\nx.c:1: error: broken\n  more\n", "x.c:1: error: broken", fault.Kernel},
		"full disk": {"as: x.o: No space left on device\n", "No space left", fault.Rig},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, fake := fakeRig(t)
			require.NoError(t, os.WriteFile(filepath.Join(fake, "fail"), []byte(c.output), 0o644))
			_, err := openTree(t, cfg).Image(t.Context(), trial.Patched)
			fe := (*fault.Error)(nil)
			require.ErrorAs(t, err, &fe)
			require.Equal(t, c.kind, fault.KindOf(err))
			require.True(t, strings.HasPrefix(fe.Tail, c.tail) || strings.Contains(fe.Tail, c.tail), fe.Tail)
			require.NotContains(t, fe.Tail, "CC x.o")
			require.FileExists(t, fe.Log)
		})
	}
}

func TestALostSymbolIsAnError(t *testing.T) {
	c, fake := fakeRig(t)
	lossy := strings.Replace(fakeMake, `olddefconfig) exit 0`, `olddefconfig) echo "# CONFIG_RING is not set" >"$out/.config"; exit 0`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(fake, "bin/make"), []byte(lossy), 0o755))
	_, err := openTree(t, c).Image(t.Context(), trial.Patched)
	require.ErrorContains(t, err, "CONFIG_RING=y (fragment all) is n")
	require.Equal(t, fault.Kernel, fault.KindOf(err))
}

func TestAMissingCompiler(t *testing.T) {
	c, fake := fakeRig(t)
	c.Arch.CrossCompile = "none-"
	c.Arch.GOARCH = "none"
	_, err := openTree(t, c).Image(t.Context(), trial.Patched)
	fe := (*fault.Error)(nil)
	require.ErrorAs(t, err, &fe)
	require.Equal(t, fault.Rig, fault.KindOf(err))
	require.Contains(t, fe.Try, "apt-get install gcc-aarch64-linux-gnu")
	require.Empty(t, calls(t, fake))
}
