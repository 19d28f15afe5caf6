// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/fault"
)

// Sandbox is what a command may reach that runs code of others: the system's programs
// and libraries, these folders, and nothing else. It has no network, no home and no
// terminal, sees no process but its own, and ends with all that it has started.
type Sandbox struct {
	Read  []string // folders that must be there
	Write []string // likewise; they may lie in those
}

// Writing is s with more folders to write to; of none it is none.
func (s *Sandbox) Writing(dirs ...string) *Sandbox {
	if s == nil {
		return nil
	}
	return &Sandbox{Read: s.Read, Write: slices.Concat(s.Write, dirs)}
}

// shown is where programs, their libraries and what finds them lie, as far as a machine
// has it. Of /etc it is no more than that: the rest may hold secrets.
var shown = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/gnu/store", "/nix/store",
	"/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
}

// argv is bubblewrap's for a command. Its outer process would end at the SIGTERM that the
// whole group gets, and the command with it before it had tidied up: it ignores the
// signal, and the command does not. No terminal is among the devices: who has one
// could type into it (ioctl_tty(2), TIOCSTI).
func (s Sandbox) argv(c Command) []string {
	argv := []string{
		"env", "--ignore-signal=TERM", "bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL",
		"--proc", "/proc", "--tmpfs", "/tmp", "--setenv", "HOME", "/tmp",
	}
	for _, dir := range shown {
		argv = append(argv, "--ro-bind-try", dir, dir)
	}
	for _, device := range []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"} {
		argv = append(argv, "--dev-bind", device, device)
	}
	for i, name := range []string{"/dev/stdin", "/dev/stdout", "/dev/stderr"} {
		argv = append(argv, "--symlink", fmt.Sprintf("/proc/self/fd/%d", i), name)
	}
	argv = append(argv, "--symlink", "/proc/self/fd", "/dev/fd")
	for _, dir := range s.Read {
		argv = append(argv, "--ro-bind", dir, dir)
	}
	for _, dir := range s.Write {
		argv = append(argv, "--bind", dir, dir)
	}
	dir := c.Dir
	if dir == "" {
		dir = "/"
	}
	argv = append(argv, "--remount-ro", "/", "--chdir", dir, "--", "env", "--default-signal=TERM", c.Path)
	return append(argv, c.Args...)
}

// CheckSandbox says whether commands can be run in a Sandbox here, and what mends it
// where not: what the user asks for, and the machine does not give.
func CheckSandbox(ctx context.Context) error {
	const op = "--sandbox"
	if _, err := LookPath("bwrap"); err != nil {
		return &fault.Error{Kind: fault.User, Op: op, Err: errors.New("there is no bwrap here"), Try: "apt-get install bubblewrap"}
	}
	_, err := Run(ctx, Command{Path: "true", Sandbox: &Sandbox{}, Kind: fault.User, Op: "try bubblewrap"})
	failed := (*fault.Error)(nil)
	if ctx.Err() != nil || !errors.As(err, &failed) {
		return err
	}
	return &fault.Error{Kind: fault.User, Op: op, Err: err, Tail: failed.Tail, Try: allowed(os.ReadFile)}
}

// allowed is what makes namespaces possible where they are forbidden.
func allowed(read func(path string) ([]byte, error)) string {
	for _, setting := range [][3]string{
		{"user/max_user_namespaces", "0", "10000"},
		{"kernel/unprivileged_userns_clone", "0", "1"},             // Debian's kernels
		{"kernel/apparmor_restrict_unprivileged_userns", "1", "0"}, // Ubuntu's
	} {
		if is, err := read("/proc/sys/" + setting[0]); err == nil && strings.TrimSpace(string(is)) == setting[1] {
			return "sysctl " + strings.ReplaceAll(setting[0], "/", ".") + "=" + setting[2] + ", as root"
		}
	}
	return "in a container, one that may make namespaces and mount: docker run --privileged"
}

// CheckShown says whether a program is the same in a Sandbox as outside of it.
func CheckShown(name string) error {
	path, err := LookPath(name)
	if err != nil {
		return err
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fault.Wrap(fault.Rig, "find "+name, err)
	}
	for _, p := range []string{path, file} {
		if !slices.ContainsFunc(shown, func(dir string) bool { return strings.HasPrefix(p, dir+"/") }) {
			return &fault.Error{Kind: fault.User, Op: "--sandbox", Err: fmt.Errorf("it shows no %s, which is %s", name, p),
				Try: "PATH with one below " + strings.Join(shown[:2], ", ") + " or /opt before it"}
		}
	}
	return nil
}
