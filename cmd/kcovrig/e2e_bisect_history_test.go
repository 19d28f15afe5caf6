// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The histories are 44 commits on a real Linux 6.12, below one import of the
// distribution's source. The branches differ in what becomes of the barrier:
// removed at commit N, weakened at commit N, added at commit N.
const historyLength = 44

// branches are the histories by name: where the ordering changes.
var branches = map[string]struct {
	at  int
	how string
}{
	"removed-9": {9, "removed"}, "removed-17": {17, "removed"}, "removed-27": {27, "removed"}, "removed-42": {42, "removed"},
	"weakened-20": {20, "weakened"}, "added-24": {24, "added"},
}

const (
	barrierLine = "	smp_wmb(); /* the entries before the count */\n"
	weakerLine  = "	smp_rmb(); /* the entries before the count */\n"
	behindCopy  = "	entries_moved = bytes_to_move >> entry_size_log;\n"
)

// edit is one commit: a file, what is replaced in it, and by what.
type edit struct{ subject, file, from, to string }

// note adds a comment behind a line that the file has once.
func note(subject, file, behind string, n int) edit {
	return edit{subject, file, behind, fmt.Sprintf("%s/* note %d */\n", behind, n)}
}

const (
	kcovFile   = "kernel/kcov.c"
	vhostFile  = "drivers/vhost/vhost.c"
	mainFile   = "init/main.c"
	bootAnchor = "	do_basic_setup();\n"
	dead       = "	panic(\"the history's commit that does not boot\");\n"
	broken     = "int does_not_build(void) { return nothing; }\n"
	anchor     = "#include <linux/module.h>\n"
)

// edits are the commits 2 to 44, the change of the barrier excluded: unrelated
// files, headers of few and of all, the scope's own file with and without an
// effect on its code, a stretch that does not build, a commit that does not boot.
func edits() map[int]edit {
	e := map[int]edit{
		3:  note("sched.h: a remark in a header of everything", "include/linux/sched.h", "#include <uapi/linux/sched.h>\n", 3),
		4:  note("vhost: a remark", vhostFile, "#include <linux/vhost.h>\n", 4),
		5:  note("kcov: a remark that changes no code", kcovFile, "#include <linux/kcov.h>\n", 5),
		7:  {"vhost: break the build", vhostFile, anchor, anchor + broken},
		8:  {"vhost: repair the build", vhostFile, anchor + broken, anchor},
		11: note("kcov.h: a remark", "include/linux/kcov.h", "#include <uapi/linux/kcov.h>\n", 11),
		13: {"kcov: count once more what is moved", kcovFile, behindCopy, behindCopy + "	WARN_ON_ONCE(entries_moved > dst_occupied + dst_free + bytes_to_move);\n"},
		15: {"init: a commit that does not boot", mainFile, bootAnchor, bootAnchor + dead},
		16: {"init: boot again", mainFile, bootAnchor + dead, bootAnchor},
		21: {"vhost: say when a worker is flushed", vhostFile, "static void vhost_worker_flush(struct vhost_worker *worker)\n{\n", "static void vhost_worker_flush(struct vhost_worker *worker)\n{\n	pr_debug(\"vhost worker\\n\");\n"},
		30: {"vhost: break the build again", vhostFile, anchor, anchor + broken},
		31: note("kcov: a remark while nothing builds", kcovFile, "#include <linux/kcov.h>\n", 31),
		32: {"vhost: repair it again", vhostFile, anchor + broken, anchor},
		35: {"kcov: say what is moved", kcovFile, "	switch (mode) {\n	case KCOV_MODE_TRACE_PC:\n		WRITE_ONCE", "	kcov_debug(\"moved %llu\\n\", entries_moved);\n	switch (mode) {\n	case KCOV_MODE_TRACE_PC:\n		WRITE_ONCE"},
	}
	files := []struct{ file, behind string }{
		{"fs/proc/version.c", "#include <linux/fs.h>\n"}, {"mm/util.c", "#include <linux/mm.h>\n"},
		{"kernel/panic.c", "#include <linux/kmsg_dump.h>\n"}, {"drivers/vhost/vsock.c", "#include <linux/vmalloc.h>\n"},
	}
	for n := 3; n <= historyLength; n++ {
		if _, taken := e[n]; !taken {
			f := files[n%len(files)]
			e[n] = note("a remark in "+f.file, f.file, f.behind, n)
		}
	}
	return e
}

// barrierEdit is what a branch does to the barrier at commit n, if anything.
func barrierEdit(branch string, n int) (edit, bool) {
	b := branches[branch]
	with := edit{"kcov: order the entries before the count", kcovFile, behindCopy, behindCopy + barrierLine}
	switch {
	case n == 2 && b.how != "added", n == b.at && b.how == "added":
		return with, true
	case n == b.at && b.how == "removed":
		return edit{"kcov: drop a barrier that nothing needs", kcovFile, barrierLine, ""}, true
	case n == b.at && b.how == "weakened":
		return edit{"kcov: a cheaper barrier", kcovFile, barrierLine, weakerLine}, true
	}
	return edit{}, false
}

// bisectRepository returns the bare repository. Its base is made once per cache,
// which costs half a minute, the branches for each test run.
func bisectRepository(t *testing.T) string {
	t.Helper()
	e2e(t)
	repo := filepath.Join(userCache(), "testing", "bisect-6.12-arm64.git")
	if _, err := os.Stat(filepath.Join(repo, "complete")); err != nil {
		require.NoError(t, os.RemoveAll(repo))
		gitIn(t, "", "init", "--quiet", "--bare", "--initial-branch=main", repo)
		fastImport(t, repo, func(w io.Writer) error { return importSource(w, sourceTarball(t)) })
		require.NoError(t, os.WriteFile(filepath.Join(repo, "complete"), nil, 0o600))
	}
	base := map[string]string{kcovFile: ""}
	for _, e := range edits() {
		base[e.file] = ""
	}
	for file := range base {
		cmd := exec.Command("git", "-C", repo, "show", "main:"+file)
		text, err := cmd.Output()
		require.NoError(t, err)
		base[file] = string(text)
	}
	fastImport(t, repo, func(w io.Writer) (err error) {
		for branch := range branches {
			err = errors.Join(err, importBranch(w, branch, base))
		}
		return err
	})
	return repo
}

func fastImport(t *testing.T, repo string, write func(io.Writer) error) {
	t.Helper()
	stream := exec.Command("git", "-C", repo, "-c", "core.compression=1", "fast-import", "--quiet", "--force")
	in, err := stream.StdinPipe()
	require.NoError(t, err)
	var said strings.Builder
	stream.Stdout, stream.Stderr = &said, &said
	require.NoError(t, stream.Start())
	w := bufio.NewWriterSize(in, 1<<20)
	err = errors.Join(write(w), w.Flush(), in.Close())
	require.NoError(t, errors.Join(err, stream.Wait()), said.String())
}

func sourceTarball(t *testing.T) string {
	t.Helper()
	const name = "linux-source-6.12.tar.xz"
	for _, dir := range []string{"/usr/src", os.Getenv("KCOVRIG_TREES"), filepath.Join(userCache(), "sources")} {
		if file := filepath.Join(dir, name); dir != "" && exec.Command("test", "-f", file).Run() == nil {
			return file
		}
	}
	require.FailNow(t, "no "+name+": scripts/setup source 6.12")
	return ""
}

// importSource writes the kernel's source as one commit, for git fast-import.
func importSource(w io.Writer, tarball string) error {
	unpack := exec.Command("xz", "-dc", tarball)
	out, err := unpack.StdoutPipe()
	if err == nil {
		err = unpack.Start()
	}
	if err != nil {
		return err
	}
	if err := importBase(w, tar.NewReader(out)); err != nil {
		return errors.Join(err, unpack.Process.Kill(), unpack.Wait())
	}
	return unpack.Wait()
}

func importBase(w io.Writer, archive *tar.Reader) error {
	writeCommit(w, "refs/heads/main", 1, "Linux 6.12, the distribution's source", "")
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err = fmt.Fprintln(w)
			return err
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(h.Name, "/")
		if !compiled(name) {
			continue
		}
		mode := "100644"
		switch {
		case h.Typeflag == tar.TypeSymlink:
			fmt.Fprintf(w, "M 120000 inline %s\ndata %d\n%s\n", name, len(h.Linkname), h.Linkname)
			continue
		case h.Typeflag != tar.TypeReg:
			continue
		case h.Mode&0o100 != 0:
			mode = "100755"
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "M %s inline %s\ndata %d\n", mode, name, len(text))
		if _, err := w.Write(append(text, '\n')); err != nil {
			return err
		}
	}
}

// compiled says whether the build for arm64 may read the file, by its place. The
// histories' tree holds no others, since each bench checks all of it out: of Linux
// 6.12's 92,000 files a quarter. Files of the configuration are read wherever they are.
func compiled(name string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, "Kconfig") || strings.HasPrefix(base, "Makefile") || strings.HasPrefix(base, "Kbuild") {
		return true
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if known, ok := compiledFolders[dir]; ok {
			return known
		}
	}
	return true
}

// compiledFolders are for all below them that has no folder nearer here.
var compiledFolders = map[string]bool{
	"Documentation": false, "samples": false, "sound": false, "rust": false, "tools": false, "tools/include": true,
	"arch": false, "arch/arm64": true, "arch/arm64/boot/dts": false, "arch/arm": true, "arch/arm/boot": false, "arch/x86/entry/syscalls": true,
	"drivers": false, "drivers/amba": true, "drivers/base": true, "drivers/bus": true, "drivers/char": true, "drivers/clk": true, "drivers/clocksource": true,
	"drivers/firmware": true, "drivers/irqchip": true, "drivers/net": true, "drivers/net/ethernet": false, "drivers/net/wireless": false,
	"drivers/of": true, "drivers/pci": true, "drivers/power": true, "drivers/tty": true, "drivers/vhost": true, "drivers/virtio": true,
}

func writeCommit(w io.Writer, ref string, n int, subject, from string) {
	date := fmt.Sprintf("%d +0000", 1_700_000_000+3600*n)
	fmt.Fprintf(w, "commit %s\nauthor Author %d <author%d@example.org> %s\ncommitter Tree <tree@example.org> %s\n", ref, n%5, n%5, date, date)
	fmt.Fprintf(w, "data %d\n%s\n%s", len(subject), subject, from)
}

func importBranch(w io.Writer, branch string, base map[string]string) error {
	text, ref, all := map[string]string{}, "refs/heads/"+branch, edits()
	for file, content := range base {
		text[file] = content
	}
	fmt.Fprintf(w, "reset %s\nfrom refs/heads/main\n\n", ref)
	for n := 2; n <= historyLength; n++ {
		e, special := barrierEdit(branch, n)
		if !special {
			e = all[n]
		}
		if n == 2 && !special {
			e = note("a remark in the beginning", "mm/util.c", "#include <linux/slab.h>\n", n)
		}
		if strings.Count(text[e.file], e.from) != 1 || e.from == "" {
			return fmt.Errorf("%s, commit %d: %s does not hold %q once", branch, n, e.file, e.from)
		}
		text[e.file] = strings.Replace(text[e.file], e.from, e.to, 1)
		writeCommit(w, ref, n, fmt.Sprintf("%s (%d)", e.subject, n), "")
		fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n\n", e.file, len(text[e.file]), text[e.file])
	}
	return nil
}

// gitIn runs git for the test.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

// commitAt is commit n of a branch, counted from 1.
func commitAt(t *testing.T, repo, branch string, n int) string {
	t.Helper()
	return gitIn(t, repo, "rev-parse", fmt.Sprintf("%s~%d", branch, historyLength-n))
}

func TestE2EHistoryIsThere(t *testing.T) {
	repo := bisectRepository(t)
	for branch := range branches {
		require.Equal(t, fmt.Sprint(historyLength), gitIn(t, repo, "rev-list", "--count", branch))
	}
}
